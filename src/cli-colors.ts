/** Colours for people: only on a terminal, and not where NO_COLOR is set. */
import { styleText } from 'node:util'

export type Paint = (color: 'green' | 'yellow' | 'red' | 'dim', text: string) => string

/** For what is written to this stream. Node itself looks at NO_COLOR, FORCE_COLOR and the terminal. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (color, text) => styleText(color, text, { stream })
}

export const plain: Paint = (_, text) => text
