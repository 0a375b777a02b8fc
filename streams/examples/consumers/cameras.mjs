// The cameras as they stand, in Node: npm install @platformatic/kafka; node cameras.mjs [HOST:PORT] [PREFIX]
//
// `camera-states` is compacted: read from the beginning, keep the newest of every key, and you
// have the whole county; then it goes on with every change. A null value ends a key.
import { Consumer, jsonDeserializer, stringDeserializers } from '@platformatic/kafka'

const [kafka = '127.0.0.1:9092', prefix = 'yitong'] = process.argv.slice(2)
const KNOWN = 'yitong.camerastate.v1'

const consumer = new Consumer({
  groupId: `sample-cameras-js-${process.pid}`, // a group of its own: every run sees everything
  clientId: 'sample-cameras-js',
  bootstrapBrokers: kafka.split(','),
  deserializers: { ...stringDeserializers, value: jsonDeserializer },
})
const stream = await consumer.consume({
  topics: [`${prefix}.camera-states`],
  mode: 'earliest',
  autocommit: false, // nothing to remember: the next run reads all of it again
})
const stop = async () => {
  await stream.close()
  await consumer.close(true)
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

const cameras = new Map()
for await (const message of stream) {
  if (message.value === null || message.value === undefined) {
    cameras.delete(message.key)
  } else if (message.headers.get('ce_type') === KNOWN) { // a version you do not know: leave it
    cameras.set(message.key, message.value.state)
  }
  console.log(JSON.stringify(Object.fromEntries(cameras)))
}
