/** Values that nobody means well with, as JSON text: JSON itself cannot say all of them. */

const many = (text: string, length: number) => text.repeat(Math.ceil(length / text.length))
const quoted = (text: string) => JSON.stringify(text)
const list = (item: (at: number) => string, length: number) => Array.from({ length }, (_, at) => item(at)).join()

const TEXTS = [
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udfff\\ud83d"',
  '"\\u202e\\u200b"',
  '"\\r\\nx-evil: 1\\r\\n\\r\\n"',
  '""',
  '" "',
  ...[
    "' or 1=1 --",
    "'; drop table messages; --",
    '1) union select token from access_tokens --',
    '$1',
    '%',
    '%00',
    '%zz',
  ].map(quoted),
  ...[
    '../../../etc/passwd',
    '..\\..\\x',
    '\u0001file:0',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://127.0.0.1:5432/',
  ].map(quoted),
  ...[
    'NaN',
    'Infinity',
    '-0',
    '1e400',
    '0x10',
    '१',
    '1_000',
    '9223372036854775808',
    '-1',
    'null',
    'undefined',
    'true',
  ].map(quoted),
  ...[
    '__proto__',
    'constructor',
    'toString',
    '[object Object]',
    '{{ contact.constructor }}',
    '{% for i in (1..9) %}',
    '<script>alert(1)</script>',
  ].map(quoted),
  ...[
    '1999-13-45T25:61:61Z',
    '+99999-01-01',
    '99999999999999999999',
    '+1415555',
    'a@',
    '@',
    '"<a@b>"@c.d',
    'a@b.c\r\nbcc: x@y.z',
  ].map(quoted),
]

const NUMBERS = [
  '0',
  '-1',
  '0.5',
  '-0',
  '2147483647',
  '2147483648',
  '-2147483649',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '1e308',
  '1e400',
  '-1e400',
]

const KINDS = [
  'null',
  'true',
  'false',
  '{}',
  '[]',
  '[[]]',
  '[{}]',
  '[null]',
  '{"0":{"a":1}}',
  '{"a":null}',
  '["\\u0000",-1,9223372036854775808,null,{}]',
  '{"toString":1}',
  '{"toString":1,"valueOf":1}',
  '{"toJSON":1}',
  '{"then":1}',
  '{"length":4294967296}',
  '{"hasOwnProperty":1}',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"a\\u0000":1}',
  '{"\\ud800":1}',
  '{"":1}',
  '{"filename":"x","type":"y","content":"z"}',
  `${many('[', 40)}${many(']', 40)}`,
  `${many('[', 99)}${many(']', 99)}`,
  `${many('[', 200)}${many(']', 200)}`,
]

export const SMALL: string[] = [...TEXTS, ...NUMBERS, ...KINDS]

/** What makes a backtracking pattern think, a template turn, a reader count: each of a size that is let in. */
const MARKS = [
  'x',
  ' ',
  '0',
  'a@',
  '@a.a',
  '-',
  '<',
  '](',
  '*_',
  '> ',
  '[a](b ',
  '<a',
  '`',
  '- *a_\n',
  '\n',
  '&',
  'http://',
  '+1',
  '%',
  '\u0130',
  '\u200d👩',
]
const LOOPS = '{% for i in (1..1000) %}{% for j in (1..1000) %}{{ i | times: j }}{% endfor %}{% endfor %}'
const WORK = '{% for i in (1..100) %}{% for j in (1..40) %}{{ j }}{% endfor %}{% endfor %}'

/** A template of another service, filled with work. */
export const LIQUID = [LOOPS, WORK].map(
  (text) => `{"name":"x","language":"en","processed_params":{"body":[${list(() => quoted(text), 50)}]}}`,
)

/** Made when they are sent. */
export const BIG: (() => string)[] = [
  ...MARKS.map((mark) => () => quoted(many(mark, 40_000))),
  ...MARKS.map((mark) => () => quoted(many(mark, 149_000))),
  () => quoted(many('x', 1_000_000)),
  () => quoted(many('{{ contact.name | upcase }}', 149_000)),
  () => quoted(many('{{', 100_000)),
  () => quoted(LOOPS),
  ...['1', '"a"', '{}', '[]', 'null', '{"b":1}'].map((item) => () => `[${list(() => item, 19_000)}]`),
  () => `{${list((at) => `"k${at}":1`, 19_000)}}`,
  () => `{"a":${quoted(many('x', 500_000))}}`,
  () => `{${list((at) => `"k${at}":${quoted(many('x', 1000))}`, 500)}}`,
  ...LIQUID.map((text) => () => text),
]

export interface RawBody {
  what: string
  type: string
  make: () => Buffer
}

const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data; boundary=edge'
const MEGABYTES = 2 * 1024 * 1024 - 100
const PAIRS = 4095

const raw = (type: string, what: string, make: () => string | Buffer): RawBody => ({
  what,
  type,
  make: () => Buffer.from(make() as string),
})
const part = (name: string, value: string, more = '') =>
  `--edge\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const parts = (number: number, one: (at: number) => string) =>
  `${Array.from({ length: number }, (_, at) => one(at)).join('')}--edge--\r\n`
const pairs = (one: (at: number) => string, number = PAIRS) =>
  Array.from({ length: number }, (_, at) => one(at)).join('&')

/** Whole bodies that cost their reader: as large as the limits let them be. */
export const BOMBS: RawBody[] = [
  raw(FORM, 'a[4095]=1 4,095 times', () => pairs(() => 'a[4095]=1')),
  raw(FORM, 'a[0]=1 to a[4094]=1', () => pairs((at) => `a[${at}]=1`)),
  raw(FORM, 'a[4094]=1 down to a[0]=1', () => pairs((at) => `a[${PAIRS - 1 - at}]=1`)),
  raw(FORM, 'a[][b]=1 4,095 times', () => pairs(() => 'a[][b]=1')),
  raw(FORM, 'a[][][b]=1 4,095 times', () => pairs(() => 'a[][][b]=1')),
  raw(FORM, 'a[]=1 4,095 times', () => pairs(() => 'a[]=1')),
  raw(FORM, '4,095 names', () => pairs((at) => `a${at}[b][c][d]=1`)),
  raw(FORM, '4,095 keys in one bag', () => pairs((at) => `custom_attributes[k${at}]=1`)),
  raw(FORM, '4,095 lists in lists', () => pairs((at) => `a[${at}][${at}]=1`)),
  raw(FORM, 'a[b][b]… 500 deep, 1,000 times', () => pairs(() => `a${many('[b]', 1500)}=1`, 1000)),
  ...['+', '%2B', '%', '=', '&', '[', ']', 'a[', '[]', '%5B', 'a=&', 'a;'].map((mark) =>
    raw(FORM, `2 MB of ${mark}`, () =>
      many(mark, mark.length > 1 && mark !== 'a=&' ? MEGABYTES - 10 : MEGABYTES).slice(0, MEGABYTES),
    ),
  ),
  ...['+', '%2B', '%', '[', '%5B%5D'].map((mark) =>
    raw(FORM, `a value of 2 MB of ${mark}`, () => `name=${many(mark, MEGABYTES - 10)}`.slice(0, MEGABYTES)),
  ),
  raw(FORM, 'a name of 2 MB', () => `${many('a', MEGABYTES - 10)}=1`),
  raw(JSON_TYPE, '2 MB of [', () => many('[', MEGABYTES)),
  raw(JSON_TYPE, '2 MB of {"a":', () => many('{"a":', MEGABYTES).slice(0, MEGABYTES)),
  raw(JSON_TYPE, 'a text of 2 MB', () => `{"name":${quoted(many('x', MEGABYTES - 20))}}`),
  raw(JSON_TYPE, 'a text of 2 MB in a bag', () => `{"custom_attributes":{"a":${quoted(many('x', MEGABYTES - 40))}}}`),
  raw(JSON_TYPE, 'escapes of 2 MB', () => `{"name":"${many('\\u0041', MEGABYTES - 20)}"}`),
  raw(JSON_TYPE, 'a key of 2 MB', () => `{"${many('x', MEGABYTES - 20)}":1}`),
  raw(JSON_TYPE, 'a number of 2 MB', () => `{"name":${many('1', MEGABYTES - 20)}}`),
  raw(JSON_TYPE, '2 MB of spaces', () => `{"name":${many(' ', MEGABYTES - 20)}1}`),
  ...['{"name":"x","b":null}', '[null]', '"x"', '{"a":{"b":{"c":1}}}'].map((item) =>
    raw(JSON_TYPE, `2 MB, 19,000 values ${item}`, () => {
      const values = 19_000 / item.split(',').length
      return `{"custom_attributes":{"a":[${list(() => item, values)}]},"x":"${many('y', MEGABYTES - item.length * 1.1 * values - 60)}"}`
    }),
  ),
  raw(
    JSON_TYPE,
    '19,000 keys of 100 characters',
    () => `{"custom_attributes":{${list((at) => `"${many('k', 90)}${at}":1`, 19_000)}}}`,
  ),
  raw(JSON_TYPE, 'bytes that are no UTF-8', () => Buffer.alloc(MEGABYTES, 0xff)),
  raw(MULTIPART, '8 fields of 2 MB of %', () => parts(8, (at) => part(`name${at}`, many('%', MEGABYTES)))),
  raw(MULTIPART, '8 fields of 2 MB of +', () => parts(8, (at) => part(`name${at}`, many('+', MEGABYTES)))),
  raw(MULTIPART, '999 fields a[4095]', () => parts(999, () => part('a[4095]', '1'))),
  raw(MULTIPART, '999 fields a[][b]', () => parts(999, () => part('a[][b]', '1'))),
  raw(MULTIPART, '999 fields of 2 KB of [ for a name', () => parts(999, () => part(many('[', 2000), '1'))),
  raw(MULTIPART, 'a name of 1 MB', () => parts(1, () => part(many('a', 1_000_000), '1'))),
  raw(MULTIPART, '29 files without a name', () => parts(29, () => part('attachments[]', 'x', '; filename=""'))),
  raw(MULTIPART, 'a file of 2 MB in a bag', () =>
    parts(1, () => part('custom_attributes[a]', many('x', MEGABYTES), '; filename="a.txt"')),
  ),
  raw(MULTIPART, 'no end', () => part('name', many('x', 10_000))),
  raw(MULTIPART, '2 MB of edges', () => many('--edge\r\n', MEGABYTES)),
  raw(MULTIPART, '2 MB of line ends', () => many('\r\n', MEGABYTES)),
  raw(`multipart/form-data; boundary=${many('e', 5000)}`, 'a boundary of 5,000', () => 'x'),
  raw('multipart/form-data', 'no boundary', () => part('name', 'x')),
  raw('application/json; charset=utf-16', 'another charset', () => Buffer.from('{"name":"x"}', 'utf16le')),
  raw('application/json; charset=no-such', 'no charset', () => '{"name":"x"}'),
  raw('text/xml', 'XML', () => '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
  raw('application/x-yaml', 'YAML', () => '--- !ruby/object:Gem::Installer\ni: x\n'),
  raw('application/no-such-type', 'an unknown type', () => many('x', MEGABYTES)),
  raw('x', 'no type', () => '{"name":"x"}'),
]

/** Broken bodies that are small: for any operation. */
export const BROKEN: RawBody[] = [
  ...[
    '{',
    '',
    '[]',
    '"text"',
    '1',
    'null',
    '{"a":',
    '{"__proto__":{"a":1}}',
    '{"constructor":1}',
    '\u0000',
    '{"a":1}}',
    '\ufeff{"a":1}',
  ].map((text) => raw(JSON_TYPE, text, () => text)),
  ...[
    '%',
    '%zz=1',
    'name=%zz',
    'name=%00',
    'name=%ED%A0%80',
    'name=\u00ff',
    'name[]=a&name[b]=c&name=d',
    'name[__proto__][x]=1',
    '__proto__[x]=1',
    'constructor[prototype][x]=1',
    'name[][][a]=1',
    'name[99999999]=1',
    '=1',
    '[]=1',
    '[a=1',
    'a]=1',
    '&&&',
    '_method=DELETE',
    'toString=1&valueOf=1',
  ].map((text) => raw(FORM, text, () => text)),
]

/** Requests that break HTTP itself; `PATH` and `HEADERS` stand for those of the operation. */
const line = (headers: string, body = '') => `POST PATH HTTP/1.1\r\nhost: x\r\nHEADERS${headers}\r\n${body}`
export const FRAMINGS: [what: string, text: string][] = [
  [
    'a content-length that is too long',
    line('content-type: application/json\r\ncontent-length: 500\r\n', '{"name":"x"}'),
  ],
  [
    'a content-length that is too short',
    line('content-type: application/json\r\ncontent-length: 3\r\n', '{"name":"x"}'),
  ],
  ['a content-length below nothing', line('content-length: -1\r\n', 'x')],
  ['a content-length of 2^63', line('content-length: 9223372036854775808\r\n', 'x')],
  ['two content-lengths', line('content-length: 1\r\ncontent-length: 2\r\n', 'xx')],
  ['a length and chunks', line('content-length: 3\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n')],
  ['a broken chunk', line('transfer-encoding: chunked\r\n', 'zz\r\nabc\r\n')],
  ['chunks without an end', line('content-type: application/json\r\ntransfer-encoding: chunked\r\n', '3\r\n{"a\r\n')],
  ['no host', 'GET PATH HTTP/1.1\r\n\r\n'],
  ['HTTP/1.0', 'GET PATH HTTP/1.0\r\n\r\n'],
  ['a line end in a header', line('x-a: a\rb\r\n')],
  ['a NUL in a header', line('x-a: a\u0000b\r\n')],
  ['a header of 100 KB', line(`x-a: ${many('x', 100_000)}\r\n`)],
  ['5,000 headers', line(many('x-a: 1\r\n', 40_000))],
  ['a path of 100 KB', `GET /${many('x', 100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
  ['an unknown verb', 'BREW PATH HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['an upgrade', 'GET PATH HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'],
  ['an expectation', line('expect: 100-continue\r\ncontent-length: 2\r\ncontent-type: application/json\r\n', '{}')],
  ['no HTTP', 'hello\r\n\r\n'],
]

export const IDS = [
  '0',
  '-1',
  '2147483647',
  '2147483648',
  '9223372036854775808',
  'abc',
  '1abc',
  '%00',
  '%20',
  '%ED%A0%80',
  '%zz',
  '..%2f',
  '%2e%2e',
  "1'--",
  '1e3',
  'null',
  many('x', 5000),
]
export const QUERY_VALUES = [
  '',
  '%00',
  '%ED%A0%80',
  '%zz',
  '-1',
  '0',
  '9223372036854775808',
  '1e400',
  'NaN',
  "'%20or%201=1--",
  '%25',
  '%5C',
  'abc',
  '1999-99-99',
  'true',
  many('x', 8000),
  many('%20', 8000),
  many('a@', 8000),
]
