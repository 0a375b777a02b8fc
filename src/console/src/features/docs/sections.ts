/** One way to integrate: its texts are `docs.name.<id>` and `docs.text.<id>`. */
export interface Section {
  id: string
  /** Pages of the console. */
  pages?: string[]
  /** Addresses of the service, opened as they are. */
  links?: string[]
  /** Commands to copy, in the system's folder; the same in every language. */
  code?: string
}

/** Steps of the quick start, each with its own text. */
export const QUICK: Section[] = [
  { id: 'read', links: ['/api/open311/v2/services.json', '/api/cap/feed'], code: 'curl ORIGIN/api/open311/v2/requests.json' },
  {
    id: 'subscribe',
    code: 'YITONG_WEBHOOK_PRIVATE=allow .venv/bin/yitong webhooks add --data .yitong/demo http://127.0.0.1:8088/ --name trial',
  },
  { id: 'receive', code: '.venv/bin/python streams/examples/webhooks/receiver.py SECRET 8088' },
  { id: 'try', code: '.venv/bin/yitong webhooks test --data .yitong/demo ID' },
]

export const SECTIONS: Section[] = [
  {
    id: 'topics',
    pages: ['/contract'],
    code: '.venv/bin/yitong topics list\n.venv/bin/yitong topics tail alerts\n.venv/bin/python streams/examples/consumers/alerts.py 127.0.0.1:9092 yitong',
  },
  {
    id: 'webhooks',
    links: ['/api/webhooks'],
    code: '.venv/bin/yitong webhooks add https://example.org/hooks --kind case --category ar_manhole\n.venv/bin/yitong webhooks list\n.venv/bin/yitong webhooks replay ID --from 2026-11-23T00:00:00',
  },
  { id: 'signature', code: 'webhook-id: …\nwebhook-timestamp: …\nwebhook-signature: v1,base64(HMAC-SHA256(secret, id.timestamp.body))' },
  {
    id: 'gateway',
    code: ".venv/bin/yitong platforms key city-management\ncurl ORIGIN/api/gateway/city-management/reports \\\n  -H \"Authorization: Bearer $(.venv/bin/yitong platforms token city-management --body reports.json)\" \\\n  --data-binary @reports.json",
  },
  {
    id: 'open311',
    links: ['/api/open311/v2/discovery.json', '/api/open311/v2/services.json', '/api/open311/v2/requests.json', '/api/open311/v2/requests.xml'],
    code: 'curl "ORIGIN/api/open311/v2/requests.json?status=open&page_size=20"',
  },
  { id: 'cap', links: ['/api/cap/feed'], code: 'curl ORIGIN/api/cap/feed' },
  {
    id: 'files',
    links: ['/api/cases.csv', '/api/cases.geojson'],
    code: '.venv/bin/yitong cases export cases.csv\n.venv/bin/yitong cases export cases.geojson --state dispatched',
  },
  { id: 'rest', links: ['/api/openapi.json'], code: 'curl -c cookies.txt -H "X-Yitong: 1" -H "Content-Type: application/json" \\\n  -d \'{"username":"desk","password":"…"}\' ORIGIN/api/auth/session\ncurl -b cookies.txt ORIGIN/api/openapi.json' },
]
