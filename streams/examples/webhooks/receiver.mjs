// Receives webhooks, in Node, without a package: node receiver.mjs SECRET [PORT].
// Checks the signature over the bytes as they came, leaves out what it has seen (the same
// webhook-id), and answers 2xx only once the work is done.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const [secret, port = '8088'] = process.argv.slice(2)
const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
const seen = new Set() // in earnest: a unique column in your database

function isOurs(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures = '' } = headers
  if (!id || !(Math.abs(Date.now() / 1000 - Number(at)) <= 300)) return false
  const right = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest()
  return signatures.split(' ').some((part) => {
    const [version, text = ''] = part.split(',')
    const given = Buffer.from(text, 'base64')
    return version === 'v1' && given.length === right.length && timingSafeEqual(given, right)
  })
}

createServer(async (request, response) => {
  const parts = []
  for await (const part of request) parts.push(part)
  const body = Buffer.concat(parts)
  if (request.method !== 'POST' || !isOurs(request.headers, body)) {
    response.writeHead(400).end() // not from us, altered, or more than five minutes old
    return
  }
  const id = request.headers['webhook-id']
  if (!seen.has(id)) {
    console.log(JSON.stringify({ id, ...JSON.parse(body.toString('utf8')) }))
    seen.add(id)
  }
  response.writeHead(204).end() // anything but 2xx: it comes again, later and later
}).listen(Number(port), '127.0.0.1')
