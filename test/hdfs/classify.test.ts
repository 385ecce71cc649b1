import { describe, expect, it } from 'vitest'
import { HttpRefusal, TransportError } from '../../src/hdfs/answers.ts'
import { classify, type RequestContext } from '../../src/hdfs/classify.ts'

const nameNode: RequestContext = {
  op: 'RENAME',
  path: '/a',
  nameNode: 'http://nn:9870',
  mutates: true,
  inDoubt: false,
  severalNameNodes: false,
}
const dataNode = { ...nameNode, op: 'CREATE', dataNode: 'dn:9864' }

function ofNameNode(status: number, exception: string | undefined, message = '') {
  const { name, action, ambiguous } = classify(
    new HttpRefusal(status, exception, message),
    nameNode,
  )
  return [name, action, ambiguous]
}

describe('an exception of the NameNode', () => {
  it.each([
    ['RetriableException', 'NameNodeNotReadyError', 'retry'],
    ['SafeModeException', 'SafeModeError', 'retry'],
    ['StandbyException', 'OtherNameNodeError', 'other-namenode'],
    ['AccessControlException', 'PermissionDeniedError', 'retry'],
    ['NSQuotaExceededException', 'QuotaExceededError', 'retry'],
    ['DSQuotaExceededException', 'QuotaExceededError', 'retry'],
    ['FileNotFoundException', 'NotFoundError', 'retry'],
    ['FileAlreadyExistsException', 'AlreadyExistsError', 'retry'],
    ['ParentNotDirectoryException', 'NotADirectoryError', 'stop-partition'],
    ['InvalidPathException', 'RequestRefusedError', 'stop-partition'],
    ['PathComponentTooLongException', 'RequestRefusedError', 'stop-partition'],
    ['SecurityException', 'AuthenticationError', 'stop-process'],
  ])('%s is a %s, surely not executed', (exception, name, action) => {
    // The status tells nothing: HttpFS has 500 where a NameNode has 403.
    expect(ofNameNode(403, exception)).toEqual([name, action, false])
    expect(ofNameNode(500, exception)).toEqual([name, action, false])
  })

  it.each([
    ['Failed to find datanode, suggest to check', 'NoDataNodeError', 'retry'],
    ['Source /a and destination /b must both be directories', 'AlreadyExistsError', 'retry'],
    ['XAttr: a already exists. The REPLACE flag', 'AlreadyExistsError', 'retry'],
    ['XAttr: a does not exist. The CREATE flag', 'NotFoundError', 'retry'],
    ["/a can't be moved into an encryption zone.", 'RequestRefusedError', 'stop-partition'],
    [
      'Cannot add additional XAttr, would exceed limit of 32',
      'RequestRefusedError',
      'stop-partition',
    ],
  ])('IOException "%s" is a %s', (message, name, action) => {
    expect(ofNameNode(403, 'IOException', message)).toEqual([name, action, false])
  })

  it('about a path below a file is not about permissions', () => {
    expect(ofNameNode(403, 'AccessControlException', '/a (is not a directory)')).toEqual([
      'NotADirectoryError',
      'stop-partition',
      false,
    ])
  })

  it('about the operation or the user stops the process', () => {
    const parameter = (name: string) => `Invalid value for webhdfs parameter "${name}": no`
    expect(ofNameNode(400, 'IllegalArgumentException', parameter('op'))).toEqual([
      'UnsupportedServerError',
      'stop-process',
      false,
    ])
    expect(ofNameNode(400, 'IllegalArgumentException', parameter('user.name'))).toEqual([
      'AuthenticationError',
      'stop-process',
      false,
    ])
  })

  it('that is not known leaves a change in doubt', () => {
    expect(ofNameNode(500, 'NullPointerException')).toEqual(['ServerFailureError', 'retry', true])
    expect(ofNameNode(403, 'IOException', 'something new')).toEqual([
      'ServerFailureError',
      'retry',
      true,
    ])
  })
})

describe('an answer without an exception', () => {
  it.each([
    [401, 'AuthenticationError', 'stop-process', false],
    [403, 'AuthenticationError', 'stop-process', false],
    [404, 'UnsupportedServerError', 'stop-process', false],
    [431, 'RequestRefusedError', 'stop-partition', false],
    [429, 'ServiceUnavailableError', 'retry', true],
    [500, 'ServiceUnavailableError', 'retry', true],
    [502, 'ServiceUnavailableError', 'retry', true],
    [503, 'ServiceUnavailableError', 'retry', true],
  ])('%i of the NameNode is a %s', (status, name, action, ambiguous) => {
    expect(ofNameNode(status, undefined)).toEqual([name, action, ambiguous])
  })
})

describe('an exception of the DataNode', () => {
  it.each([
    ['FileAlreadyExistsException', 'AlreadyExistsError', false],
    ['FileNotFoundException', 'NotFoundError', false],
    ['AccessControlException', 'PermissionDeniedError', false],
    ['DSQuotaExceededException', 'QuotaExceededError', true],
    ['SafeModeException', 'SafeModeError', true],
    ['ConnectException', 'DataNodeFailedError', true],
    ['SocketException', 'DataNodeFailedError', true],
    // While no NameNode is active: it has asked them all.
    ['StandbyException', 'DataNodeFailedError', true],
    ['LeaseExpiredException', 'ServerFailureError', true],
  ])('%s is a %s; a file may be left: %s', (exception, name, ambiguous) => {
    const error = classify(new HttpRefusal(403, exception, ''), dataNode)
    expect([error.name, error.ambiguous]).toEqual([name, ambiguous])
    expect(error.message).toContain('DataNode dn:9864 says: refused without a reason')
  })
})

describe('a request without an answer', () => {
  it.each([
    ['network', false, 'NameNodeUnreachableError'],
    ['timeout', false, 'NameNodeUnreachableError'],
    ['network', true, 'ConnectionLostError'],
    ['timeout', true, 'RequestTimeoutError'],
    ['aborted', true, 'CallAbortedError'],
    ['aborted', false, 'CallAbortedError'],
  ] as const)('%s, sent: %s, is a %s', (kind, sent, name) => {
    const error = new TransportError(kind, sent, 'CODE')
    expect(classify(error, nameNode)).toMatchObject({ name, action: 'retry', ambiguous: sent })
    const read = { ...nameNode, mutates: false }
    expect(classify(error, read)).toMatchObject({ name, ambiguous: false })
    expect(classify(error, { ...read, inDoubt: true })).toMatchObject({ name, ambiguous: true })
  })

  it('because the NameNode does not listen asks for another one if there are several', () => {
    const error = new TransportError('network', false, 'ECONNREFUSED')
    const context = { ...nameNode, severalNameNodes: true }
    expect(classify(error, context).action).toBe('other-namenode')
  })

  it('because of a defect of ours leaves a change in doubt', () => {
    const error = classify(new TypeError('oops'), nameNode)
    expect(error).toMatchObject({ name: 'ServerFailureError', ambiguous: true })
    expect(error.message).toContain('TypeError: oops')
  })
})

it('a refusal costs no stack, and leaves other errors theirs', () => {
  const { stackTraceLimit } = Error
  const { stack } = HttpRefusal.parse(404, '{"RemoteException":{"exception":"E","message":"m"}}')
  expect(stack).toBe('Error: m')
  expect(Error.stackTraceLimit).toBe(stackTraceLimit)
})
