import type { docs as chinese } from '../zh/docs'

export const docs: typeof chinese = {
  docs: {
    title: 'Integration guide',
    lead: 'How other systems read, receive and report. Commands run in the system’s folder and can be copied as they are. Of cases of protected people others learn only that there is one, never who or where.',
    quick: 'Five minutes',
    commands: 'Commands',
    step: {
      read: 'Start the demo with YITONG_WEBHOOK_PRIVATE=allow in front of make demo. Public data needs no key, just read it:',
      subscribe: 'Subscribe to changes. The command shows a number and a secret; the secret is shown this once:',
      receive: 'In another terminal, with that secret in place of SECRET, start the example receiver:',
      try: 'With the number in place of ID, send a trial message. When the receiver prints it, it works; from now on it gets whatever the desk does:',
    },
    name: {
      topics: 'Kafka topics',
      webhooks: 'Webhooks',
      signature: 'Checking the signature',
      gateway: 'Reports by partner platforms',
      open311: 'Open311',
      cap: 'Public warnings (CAP 1.2)',
      files: 'Files',
      rest: 'REST interface',
    },
    text: {
      topics: 'For much, for all, and for reading again. Fields, examples and newest messages are on the contract page; there are example readers in Python and Node.',
      webhooks: 'Every change of a case, task or alert is sent to your https address. It is tried again until it arrives, under the same number, in order per case; after five days away it stops, and can be replayed from any time. Administrators add and remove.',
      signature: 'Standard Webhooks: check the bytes as they came, allow five minutes, leave out a webhook-id you have seen, answer 2xx when the work is done. Examples are in streams/examples/webhooks.',
      gateway: 'Every request carries a signed token that works once; the same number sent again makes no second case. JSON, GB/T 28181 XML, CSV and Excel.',
      open311: 'GeoReport v2. Filed cases of public categories, in JSON and XML; places to about ten metres, no photos and no words of whoever reported. Requests are filed under a platform’s own address with its token.',
      cap: 'Issued, updated and cancelled by an operator for cases of severity 1, in Chinese and English, with the outline of the grids. Never for protected categories.',
      files: 'CSV opens in Excel, GeoJSON on maps. For the desk; every export is audited.',
      rest: 'OpenAPI 3.1 of every address. What changes something needs the header X-Yitong: 1.',
    },
  },
}
