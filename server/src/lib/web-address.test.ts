import { expect, it } from 'vitest'
import { isWebAddress } from './web-address.ts'

const ADDRESSES = [
  'http://a',
  'HTTPS://a.b:8080/c;d=1/e%20f?g[]=h|i j#k',
  'http://u:p@[::1]/',
  'http://a/?50%',
  'http:a',
  'http://',
]
const OTHERS: unknown[] = [
  'http://ä.test',
  'http://a/ä',
  'http://a/?ä',
  'http://a/b c',
  'http://a:x',
  'http://a/%zz',
  'http://a/#%',
  ' http://a',
]

it.each(ADDRESSES)('%j is one', (text) => expect(isWebAddress(text)).toBe(true))
it.each([...OTHERS, 'http://a/\n', 'a', '', 'ftp://a', 'javascript:alert(1)', 1, null, {}])('%j is none', (value) =>
  expect(isWebAddress(value)).toBe(false),
)
