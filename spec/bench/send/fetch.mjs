// Node's fetch, for the benchmark of sending. Checks nothing of a message. Never sends to the API. The authority is given
// in NODE_EXTRA_CA_CERTS.
//   node fetch.mjs BASE_URL COUNT WARM_UP IN_FLIGHT BODY_FILE
import { readFileSync } from 'node:fs'

const [baseUrl, count, warmUp, inFlight, bodyFile] = process.argv.slice(2)
const message = JSON.parse(readFileSync(bodyFile, 'utf8'))
const url = baseUrl + '/v26.0/106540352242922/messages'
const headers = { Authorization: 'Bearer EAABwzLixnjYBO' + '0'.repeat(70), 'Content-Type': 'application/json' }

async function send() {
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) })
  if (answer.status !== 200) throw new Error('status ' + answer.status)
  const result = await answer.json()
  if (typeof result.messages[0].id !== 'string') throw new Error('no id')
}

// as many workers as shall be in flight share the work
async function sendAll(sends) {
  const latencies = []
  let begun = 0
  async function work() {
    while (begun++ < sends) {
      const started = process.hrtime.bigint()
      await send()
      latencies.push(Number(process.hrtime.bigint() - started) / 1e3)
    }
  }
  await Promise.all(Array.from({ length: Number(inFlight) }, work))
  return latencies
}

function peak() {
  try {
    return readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s*(\d+)/)[1]
  } catch {
    return 0
  }
}

await sendAll(Number(warmUp))
const cpu = process.cpuUsage()
const wall = process.hrtime.bigint()
const latencies = await sendAll(Number(count))
const spent = process.cpuUsage(cpu)
const seconds = Number(process.hrtime.bigint() - wall) / 1e9
latencies.sort((a, b) => a - b)
const at = (share) => latencies[Math.floor(latencies.length * share)].toFixed(1)
console.log(`cpu=${((spent.user + spent.system) / latencies.length).toFixed(3)} ` +
  `rate=${(latencies.length / seconds).toFixed(1)} p50=${at(0.5)} p99=${at(0.99)} peak=${peak()}`)
process.exit(0) // connections that are kept would keep it running
