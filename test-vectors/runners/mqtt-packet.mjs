// Runs npm's mqtt-packet over the vectors and prints what it gets wrong.
//
//     npm install mqtt-packet
//     node mqtt-packet.mjs [--list] [FOLDER]
//
// FOLDER is that of the vectors, one above this file if it isn't given. With --list every deviation at level
// "must" is printed under the tables.

import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(join(process.cwd(), 'runner.js'))
const mqtt = require('mqtt-packet')

const TYPES = ['type 0', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE',
  'SUBACK', 'UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH']
const LEVELS = { '3.1': 3, '3.1.1': 4, '5.0': 5 }

/** Bytes of a vector, or of a value of the vocabulary: hex, text or segments. */
const hex = text => Buffer.from(text.replaceAll(' ', ''), 'hex')
const segment = s => s.hex !== undefined ? hex(s.hex) : Buffer.alloc(hex(s.repeat).length * s.count, hex(s.repeat))
const bytesOf = bytes => typeof bytes === 'string' ? hex(bytes) : Buffer.concat(bytes.map(segment))
const content = value => typeof value === 'string' ? Buffer.from(value) : segment(value)

/** What the library makes of bytes: its packets, and an error if it found one. */
function decode (bytes, version) {
  const parser = mqtt.parser({ protocolVersion: LEVELS[version] })
  const out = { packets: [], error: null, left: 0 }
  parser.on('packet', packet => out.packets.push(packet))
  parser.on('error', error => { out.error = error })
  try {
    out.left = parser.parse(bytes)
  } catch (error) {
    // Not by an event, as the library promises, but a refusal all the same.
    out.error = error
    out.thrown = true
  }
  // A library for all versions may read a CONNECT of another one as what it is: not as this one's.
  const other = out.packets.find(p => p.cmd === 'connect' && p.protocolVersion !== LEVELS[version])
  if (other) out.error ??= new Error('another version')
  return out
}

/** Is the text or are the bytes that the library gives those of the vector? */
const same = (given, value) => {
  if (value === undefined) return given === undefined || given === null
  if (given === undefined || given === null) return false
  return content(value).equals(Buffer.isBuffer(given) ? given : Buffer.from(given))
}

/** Which member the library read differently, if any. Properties are not compared: it keeps no order. */
function difference (given, packet) {
  if (given.cmd !== packet.type) return 'type'
  const checks = {
    clean_session: v => given.clean === v,
    clean_start: v => given.clean === v,
    keep_alive: v => given.keepalive === v,
    client_id: v => same(given.clientId, v),
    user_name: v => same(given.username, v),
    password: v => same(given.password, v),
    will: v => given.will && same(given.will.topic, v.topic) && same(given.will.payload, v.payload) &&
      given.will.qos === v.qos && given.will.retain === v.retain,
    session_present: v => given.sessionPresent === v,
    return_code: v => given.returnCode === v,
    reason: v => (given.reasonCode ?? 0) === v,
    dup: v => given.dup === v,
    qos: v => given.qos === v,
    retain: v => given.retain === v,
    topic: v => same(given.topic, v),
    packet_id: v => given.messageId === v,
    payload: v => same(given.payload, v),
    return_codes: v => JSON.stringify(given.granted) === JSON.stringify(v),
    reasons: v => JSON.stringify(given.granted) === JSON.stringify(v),
    filters: v => given.cmd === 'unsubscribe'
      ? v.length === given.unsubscriptions.length && v.every((f, i) => same(given.unsubscriptions[i], f))
      : v.length === given.subscriptions.length && v.every((f, i) => {
        const s = given.subscriptions[i]
        return same(s.topic, f.filter) && s.qos === f.qos && (f.no_local === undefined || (s.nl === f.no_local &&
          s.rap === f.retain_as_published && s.rh === f.retain_handling))
      })
  }
  for (const [name, check] of Object.entries(checks)) {
    if (name in packet && !check(packet[name])) return name
  }
  for (const [name, given_] of [['user_name', given.username], ['password', given.password], ['will', given.will]]) {
    if (!(name in packet) && given_) return name
  }
  return null
}

/** 'accepted', 'refused', 'misread' (all wrongly), or null if all is well. */
function judge (vector, version) {
  const out = decode(bytesOf(vector.bytes), version)
  const expected = vector.packets ?? (vector.packet ? [vector.packet] : [])
  const misread = () => out.packets.length !== expected.length
    ? ['misread', `${out.packets.length} packets`]
    : expected.map((p, i) => difference(out.packets[i], p)).filter(Boolean).map(name => ['misread', name])[0] ?? null
  switch (vector.result) {
    case 'valid':
      return out.error ? ['refused', out.error.message] : misread()
    case 'incomplete':
      return out.error ? ['refused', out.error.message] : misread()
    default:
      return out.error ? null : ['accepted', vector.field]
  }
}

const args = process.argv.slice(2)
const list = args.includes('--list')
const root = args.find(arg => !arg.startsWith('--')) ?? join(dirname(fileURLToPath(import.meta.url)), '..')
const deviations = []
console.log(`mqtt-packet ${require('mqtt-packet/package.json').version}\n`)
for (const version of Object.keys(LEVELS)) {
  const rows = new Map()
  for (const name of readdirSync(join(root, `v${version}`)).sort()) {
    if (!name.endsWith('.json')) continue
    for (const vector of JSON.parse(readFileSync(join(root, `v${version}`, name))).vectors) {
      const flags = vector.flags ?? []
      // The parser is not told who sends.
      if (flags.includes('needs-direction') || flags.includes('huge')) continue
      const first = bytesOf(vector.bytes)[0]
      const kind = first === undefined ? 'nothing' : TYPES[first >> 4]
      const row = rows.get(kind) ?? { all: 0, must: [0, 0, 0], should: 0, choice: 0 }
      rows.set(kind, row)
      row.all++
      const verdict = judge(vector, version)
      if (!verdict) continue
      if (vector.level === 'must') {
        row.must[['accepted', 'refused', 'misread'].indexOf(verdict[0])]++
        deviations.push(`${vector.id}: ${verdict[0]} (${verdict[1]})`)
      } else {
        row[vector.level]++
      }
    }
  }
  console.log(`| MQTT ${version} | vectors | accepted wrongly | refused wrongly | misread | differs at "should" | at "choice" |`)
  console.log('|---|---:|---:|---:|---:|---:|---:|')
  const total = { all: 0, must: [0, 0, 0], should: 0, choice: 0 }
  const print = (kind, row) =>
    console.log(`| ${kind} | ${row.all} | ${row.must.join(' | ')} | ${row.should} | ${row.choice} |`)
  for (const kind of ['nothing', ...TYPES]) {
    const row = rows.get(kind)
    if (!row) continue
    print(kind, row)
    total.all += row.all
    row.must.forEach((count, i) => { total.must[i] += count })
    total.should += row.should
    total.choice += row.choice
  }
  print('**all**', total)
  console.log()
}
if (list) console.log(deviations.join('\n'))
