import { describe, expect, it } from 'vitest'
import { chooseProtocol, LONGEST_IDENTIFIER, messageFrameEnd, frameStart, parseCommand } from './protocol.ts'

describe('the protocol of the cable', () => {
  it.each([
    ['actioncable-v1-json, actioncable-unsupported', 'actioncable-v1-json'],
    ['actioncable-unsupported', 'actioncable-unsupported'],
    ['graphql-ws,actioncable-v1-json', 'actioncable-v1-json'],
    ['graphql-ws', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('offered %j, chooses %j', (offer, chosen) => {
    expect(chooseProtocol(offer)).toBe(chosen)
  })

  it.each([
    'hello',
    '',
    'null',
    '[]',
    '"subscribe"',
    '{}',
    '{"command":"subscribe"}',
    '{"command":"subscribe","identifier":{"channel":"RoomChannel"}}',
    '{"command":"shout","identifier":"{}"}',
    '{"command":"message","identifier":"{}"}',
    '{"command":"message","identifier":"{}","data":{"action":"update_presence"}}',
    JSON.stringify({ command: 'subscribe', identifier: 'x'.repeat(LONGEST_IDENTIFIER + 1) }),
  ])('passes over %.60s', (text) => {
    expect(parseCommand(text)).toBeUndefined()
  })

  it('gives the identifier back as it was sent', () => {
    const identifier = '{ "channel":"RoomChannel",  "pubsub_token":"é\u2028\\"" }'
    expect(parseCommand(JSON.stringify({ command: 'unsubscribe', identifier }))).toEqual({
      command: 'unsubscribe',
      identifier,
    })
    const frame = frameStart(identifier) + messageFrameEnd('{"event":"message.created","data":{}}')
    expect(JSON.parse(frame)).toEqual({ identifier, message: { event: 'message.created', data: {} } })
  })
})
