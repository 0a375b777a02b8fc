"""What every topic and field means, in Chinese and English.

A field is looked up as ``Model.field``, then as ``*.field`` for those that mean the same in every
model.
"""

from __future__ import annotations

from pydantic import BaseModel

Words = tuple[str, str]

TOPIC_WORDS: dict[str, str] = {
    "incidents": "前端规则发现的情况: 出现或解除",
    "camera-states": "每个摄像头的最新状态",
    "cameras": "每个摄像头及其区域的最新版本; 空值表示已移除",
    "ingest-states": "规则对每个摄像头的记忆, 供接手的识别进程继续 (内部使用)",
    "cases": "每个案件的每次变化, 同一案件内有序",
    "tasks": "每个任务的每次变化, 同一案件内有序",
    "alerts": "屏幕上的警情通知, 所有屏幕同一顺序",
    "camera-faults": "设备故障: 单个摄像头, 或一起失联的一组",
    "dead-letters": "无法处理的消息, 附原因和原始字节",
}

KEY_WORDS: dict[str, str] = {
    "grid cell of the place": "地点所在的网格单元",
    "source topic": "来自的主题",
}

FIELD_WORDS: dict[str, Words] = {
    "*.schema_version": ("消息格式版本", "version of this message's schema"),
    "*.incident_id": ("情况编号; 同一事实编号不变", "id of the incident, the same for one fact"),
    "*.incident_ids": ("归入本案的情况编号", "incidents that belong to the case"),
    "*.change": ("发生了什么变化", "what happened"),
    "*.change_id": ("本次变化的编号, 重发不变", "id of this change, the same when sent again"),
    "*.kind": ("事件种类; 可由配置增加", "kind of incident; an installation may add kinds"),
    "*.category": ("类别.小类, 见分类表", "category.subtype of the taxonomy"),
    "*.source": ("来源, 如 camera_ai", "where it came from, for example camera_ai"),
    "*.subject": ("关于什么: 摄像头/视图/区域", "what it is about: camera/view/zone"),
    "*.camera_id": ("摄像头编号", "the camera"),
    "*.view_id": ("视图: main 或预置位", "the view: main, or a preset"),
    "*.zone_id": ("区域编号", "the zone"),
    "*.place": ("地点", "where it is"),
    "*.box": ("画面中的位置", "where it is in the picture"),
    "*.began_at": ("情况开始时间", "when the condition began"),
    "*.changed_at": ("变化时间", "when it changed"),
    "*.opened_at": ("报警时间", "when the alert was opened"),
    "*.reason_zh": ("判定依据 (中文)", "why, in Chinese"),
    "*.reason_en": ("判定依据 (英文)", "why, in English"),
    "*.title_zh": ("标题 (中文)", "title in Chinese"),
    "*.title_en": ("标题 (英文)", "title in English"),
    "*.name_zh": ("名称 (中文)", "name in Chinese"),
    "*.name_en": ("名称 (英文)", "name in English"),
    "*.worker": ("发送的识别进程", "the ingest worker that says so"),
    "*.case_id": ("案件编号", "the case"),
    "*.severity": ("等级: 1 特急 … 4 轻微", "1 critical to 4 minor"),
    "*.grid_code": ("单元网格编码", "code of the grid"),
    "*.due_at": ("办理期限", "when it is due"),
    "*.at": ("时间", "when"),
    "*.version": ("版本号, 从 1 起递增", "counts the changes from 1"),
    "*.since": ("从何时起处于此状态", "since when"),
    "IncidentMessage.state": ("细分状态, 如井盖缺失", "finer state, for example a missing cover"),
    "IncidentMessage.score": ("置信度 0 到 1", "confidence, 0 to 1"),
    "IncidentMessage.evidence": ("证据图片的哈希和尺寸", "evidence pictures: hashes and sizes"),
    "PlaceModel.lon": ("经度 (度)", "longitude, degrees"),
    "PlaceModel.lat": ("纬度 (度)", "latitude, degrees"),
    "PlaceModel.crs": ("坐标系", "coordinate system"),
    "BoxModel.x0": ("左, 占画面宽的比例", "left, share of the width"),
    "BoxModel.y0": ("上, 占画面高的比例", "top, share of the height"),
    "BoxModel.x1": ("右, 占画面宽的比例", "right, share of the width"),
    "BoxModel.y1": ("下, 占画面高的比例", "bottom, share of the height"),
    "EvidenceModel.sha256": ("图片 (已打码) 的 SHA-256", "SHA-256 of the masked picture"),
    "EvidenceModel.source_sha256": ("原始画面的 SHA-256", "SHA-256 of the frame it came from"),
    "EvidenceModel.captured_at": ("拍摄时间", "when it was captured"),
    "EvidenceModel.width": ("宽 (像素)", "width, pixels"),
    "EvidenceModel.height": ("高 (像素)", "height, pixels"),
    "EvidenceModel.masked": ("人和车牌已打码", "people and plates are blurred"),
    "CameraStateMessage.state": ("摄像头状态", "what can be said of its picture"),
    "CameraStateMessage.worker_url": ("识别进程的地址", "address of the ingest worker"),
    "CameraStateMessage.looks": ("已查看次数", "looks so far"),
    "CameraStateMessage.dropped_frames": ("丢弃的画面数", "frames dropped so far"),
    "CameraStateMessage.excused": ("只因正在转动而未判断", "not judged only because it is turning"),
    "CameraFaultMessage.fault_id": ("故障编号", "the fault"),
    "CameraFaultMessage.kind": ("故障范围", "what failed: one camera, or what they share"),
    "CameraFaultMessage.name": ("故障对象名称", "name of what failed"),
    "CameraFaultMessage.state": ("摄像头状态", "state of its cameras"),
    "CameraFaultMessage.ended_at": ("恢复时间; 空为未恢复", "when it ended; null while it lasts"),
    "CameraFaultMessage.cameras": ("涉及的摄像头", "cameras that are in it"),
    "CameraFaultMessage.recovered": ("其中已恢复的", "those that work again"),
    "CameraFaultMessage.repeats": ("反复次数", "how often it came back"),
    "CameraFaultMessage.folded_into": ("并入的故障编号", "the fault it became a part of"),
    "CameraMessage.author": (
        "修改人; file 表示配置文件",
        "who changed it; file: the configuration",
    ),
    "CameraMessage.camera": ("摄像头定义", "the camera as defined"),
    "CameraMessage.login": (
        "加密的登录信息, 仅识别进程可解",
        "its login, sealed; only ingest opens it",
    ),
    "CameraModel.kind": ("固定或球机", "fixed, or a ball camera"),
    "CameraModel.url": ("RTSP 地址, 不含密码", "RTSP address, without credentials"),
    "CameraModel.look_interval_s": ("两次查看的间隔 (秒)", "seconds between two looks"),
    "CameraModel.views": ("视图或预置位", "its views, or presets"),
    "CameraModel.zones": ("各视图的区域", "zones of all views"),
    "CameraModel.ptz_url": ("球机的 ONVIF 地址", "ONVIF address of a ball camera"),
    "CameraModel.heading_deg": ("朝向, 北起顺时针 (度)", "where it looks, degrees from north"),
    "CameraModel.site": ("点位, 同点位一起断", "point where it stands with others"),
    "CameraModel.switch": ("所接交换机或电箱", "switch or power box it hangs on"),
    "ViewModel.preset": ("ONVIF 预置位", "ONVIF preset token"),
    "ViewModel.stay_s": ("巡视停留 (秒)", "seconds a patrol stays"),
    "ZoneModel.polygon": ("顶点, 占画面的比例", "corners in [0, 1] of the view"),
    "ZoneModel.settings": ("覆盖 rules.yaml 的规则参数", "settings that override rules.yaml"),
    "ZoneModel.terms": ("对哪些车、何时有效", "for which vehicles and when it holds"),
    "TermsModel.vehicles": ("车辆类型; 空为全部", "vehicle labels; null for all"),
    "TermsModel.weekly": (
        "每周时段 (周一零点起的分钟)",
        "spans of the week, minutes from Monday 00:00",
    ),
    "TermsModel.permits": ("临时许可", "times in which it is allowed"),
    "PermitModel.begins_at": ("许可开始", "when the permit begins"),
    "PermitModel.ends_at": ("许可结束", "when the permit ends"),
    "PermitModel.note": ("说明", "a note"),
    "IngestStateMessage.zones": (
        "各区域规则的状态, 键为 视图/区域",
        "where each rule stands, by view/zone",
    ),
    "IngestStateMessage.scenes": (
        "各视图平时的样子及其问题, 按视图",
        "what each view usually looks like, and what is wrong with it, by view",
    ),
    "IngestStateMessage.trails": (
        "各视图的跟踪记忆 (内部格式)",
        "the tracker's memory, by view (internal)",
    ),
    "IngestStateMessage.state": ("最近报告的摄像头状态", "camera state said last"),
    "ZoneStateModel.shape": ("规则状态的形状标识", "names the form of the rule's state"),
    "ZoneStateModel.zone": (
        "仍有未解除情况的区域",
        "the zone itself while something is open in it",
    ),
    "ZoneStateModel.state": ("规则状态 (内部格式)", "the rule's state (internal)"),
    "CaseMessage.state": ("案件状态", "state of the case"),
    "CaseMessage.previous_state": ("之前的状态", "the state before"),
    "CaseMessage.holder": ("当前责任人", "the one person accountable now"),
    "CaseMessage.changed_by": ("由谁改变", "who changed it"),
    "TaskMessage.task_id": ("任务编号", "the task"),
    "TaskMessage.state": ("任务状态", "state of the task"),
    "TaskMessage.assignee": ("承办人", "who is to do it"),
    "TaskMessage.post": ("岗位 A 或 B", "post A or B"),
    "AlertMessage.alert_id": ("警情编号", "the alert"),
    "AlertMessage.place_zh": ("地点描述 (中文)", "the place in words, Chinese"),
    "AlertMessage.place_en": ("地点描述 (英文)", "the place in words, English"),
    "AlertMessage.evidence": ("首张证据图片的 SHA-256", "SHA-256 of the first evidence picture"),
    "AlertMessage.case_state": ("案件状态", "state of its case"),
    "AlertMessage.case_version": ("案件版本", "version of its case"),
    "AlertMessage.repeats": ("重复上报次数", "how often it was reported again"),
    "AlertMessage.second_look": ("先安静复看, 不响铃", "shown quietly, for a second look"),
    "DeadLetter.source_topic": ("来自的主题 (全名)", "full name of the topic it came from"),
    "DeadLetter.partition": ("分区", "its partition"),
    "DeadLetter.offset": ("偏移量", "its offset"),
    "DeadLetter.key_b64": ("原键 (Base64)", "its key, Base64"),
    "DeadLetter.value_b64": ("原值 (Base64)", "its value, Base64"),
    "DeadLetter.reason": ("为何无法处理", "why it could not be handled"),
}


def meaning(model: type[BaseModel], field: str) -> Words | None:
    """Chinese and English meaning of a field, or None where nobody has written it yet."""
    for owner in model.__mro__:
        if found := FIELD_WORDS.get(f"{owner.__name__}.{field}"):
            return found
    return FIELD_WORDS.get(f"*.{field}")
