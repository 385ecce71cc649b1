import path from 'node:path'

/**
 * For processes that run the sources: types are taken off once instead of at every start, which is
 * more than half of what a start costs.
 */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: path.join(import.meta.dirname, '../../node_modules/.cache/compile'),
}
