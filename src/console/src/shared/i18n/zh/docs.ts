/** Chinese texts of the page for integrators; the shape of every other language. */
export const docs = {
  docs: {
    title: '对接指南',
    lead: '别的系统怎样接入：读、收、报。命令在系统目录下运行，可直接复制。重点人群的案件对外只说有这么一件，不说是谁、在哪。',
    quick: '五分钟上手',
    commands: '命令',
    step: {
      read: '先运行演示（把 YITONG_WEBHOOK_PRIVATE=allow 写在 make demo 之前）。公开数据不需要密钥，直接读：',
      subscribe: '订阅变更。命令会显示编号和密钥，密钥只显示这一次：',
      receive: '另开一个终端，把 SECRET 换成刚才的密钥，启动示例接收程序：',
      try: '把 ID 换成编号，发一条试验消息。接收程序打印出来就通了；之后值班台上每处理一条警情，它都会收到：',
    },
    name: {
      topics: 'Kafka 主题',
      webhooks: '变更推送',
      signature: '签名怎么验',
      gateway: '协同平台上报',
      open311: 'Open311',
      cap: '公共预警（CAP 1.2）',
      files: '导出文件',
      rest: 'REST 接口',
    },
    text: {
      topics: '量大、要全、要重放时用。字段、示例和最新消息在契约页；示例程序有 Python 和 Node 两种。',
      webhooks: '案件、任务、警情一有变化就推送到您的 https 地址。不通会一直重试，编号不变；同一案件按顺序到达；五天不通即停，可从任意时刻重放。管理员增删。',
      signature: '按 Standard Webhooks：对收到的原始字节验签，时间差不超过五分钟，按 webhook-id 去重，处理完再答 2xx。示例在 streams/examples/webhooks。',
      gateway: '每个请求带一次性签名令牌；同一编号重复发送不会重复立案。支持 JSON、国标 28181 XML、CSV、Excel。',
      open311: 'GeoReport v2。公开类别中已立案的案件，JSON 和 XML；位置约到十米，没有照片和来件人的话。上报用各平台自己的地址和令牌。',
      cap: '特急案件由值班员发布、更新、解除，中英文各一份，带网格边界。受保护的类别永远不发。',
      files: 'CSV 用 Excel 直接打开，GeoJSON 用于地图。值班岗可用，每次都有审计。',
      rest: '全部接口的 OpenAPI 3.1 文档。写操作要带请求头 X-Yitong: 1。',
    },
  },
}
