"""`yitong demo`: the whole system on a virtual county, from one command."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import httpx

from yitong_command.cli.accounts import prepare_database
from yitong_command.cli.demo_setup import DemoOptions, Run, prepare
from yitong_command.cli.options import say
from yitong_command.demo.operator import Account, ScriptedOperator, found_in
from yitong_command.demo.processes import pick_port, port_is_free
from yitong_command.demo.report import Fact, Silence, compare, compare_silence, to_json
from yitong_command.errors import ConfigError, Transient, YitongError

START_TIMEOUT_S = 90.0
CONFIRM_LATE_S = 20.0
DUE_AFTER = {
    "illegal_parking": timedelta(seconds=25),
    "manhole_cover": timedelta(seconds=45),
    "sensor_manhole_tilt": timedelta(seconds=25),
    "sensor_water_level": timedelta(seconds=25),
    "sensor_pendant": timedelta(seconds=10),
}
SILENT_DUE_AFTER = timedelta(seconds=30)


def run_demo(options: DemoOptions) -> int:
    """Run the demo; returns the exit code.

    Raises:
        ConfigError: If the console's port is in use.
        YitongError: If a part does not come up.
    """
    if not port_is_free(options.port):
        raise ConfigError(
            "yitong demo", "--port",
            f"端口 {options.port} 已被占用, 请试 / port {options.port} is in use, try: "
            f"yitong demo --port {pick_port(options.port + 1, set())}",
        )  # fmt: skip
    began = time.monotonic()
    run = prepare(options)
    _stop_on_signals(run)
    try:
        return _started(options, run, began)
    finally:
        _stop(run)


def _stop_on_signals(run: Run) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        run.stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _started(options: DemoOptions, run: Run, began: float) -> int:
    if run.node:
        say("启动消息代理 / starting the broker (Apache Kafka) ...")
        run.node.start()
    prepare_database(run.settings, run.users)
    _write_users(run)
    say("启动虚拟摄像头、识别、分流、控制台 / starting cameras, ingest, routing, console ...")
    for part in run.crew.parts:
        part.start()
    if not _wait_until_ready(run):
        return 130
    desk = run.users[0]
    operator = ScriptedOperator(
        run.web_url, Account(desk.username, desk.password),
        (1.0 if options.headless else CONFIRM_LATE_S) if options.autopilot else None,
    )  # fmt: skip
    try:
        operator.sign_in()
        _wait_for_cameras(run, operator)
        for farm in (run.farm_url, run.sensor_farm_url):
            httpx.post(f"{farm}/start", timeout=5.0, trust_env=False).raise_for_status()
        up = time.monotonic()
        _welcome(run, options, up - began)
        _watch_over(options, run, operator, up)
        return _finish(options, run, operator, up)
    except httpx.HTTPError as exc:
        raise Transient(f"a part of the demo stopped answering: {exc!r}") from exc
    finally:
        operator.close()


def _write_users(run: Run) -> None:
    path = run.settings.data_dir / "users.json"
    path.touch(mode=0o600)
    path.write_text(
        json.dumps({user.username: user.password for user in run.users}), encoding="utf-8"
    )


def _wait_until_ready(run: Run) -> bool:
    waiting = dict(run.health)
    end = time.monotonic() + START_TIMEOUT_S
    while waiting and not run.stopped.is_set():
        dead = run.crew.dead()
        if dead or time.monotonic() > end:
            part = dead or next(p for p in run.crew.parts if p.name in waiting)
            what = "stopped" if dead else f"was not ready after {START_TIMEOUT_S:g} s"
            raise YitongError(f"{part.name} {what}; its log: {part.log}\n{part.last_lines()}")
        for name, url in list(waiting.items()):
            if _is_ok(url):
                del waiting[name]
                say(f"  {name} ✓")
        run.stopped.wait(0.2)
    return not run.stopped.is_set()


def _is_ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _wait_for_cameras(run: Run, operator: ScriptedOperator, timeout_s: float = 20.0) -> None:
    end = time.monotonic() + timeout_s
    live, total = 0, 1
    while live < total and time.monotonic() < end and not run.stopped.is_set():
        live, total = operator.live_cameras()
        run.stopped.wait(0.3)
    say(f"  摄像头在线 / cameras live: {live}/{total}")


def _welcome(run: Run, options: DemoOptions, took_s: float) -> None:
    lines = [
        "",
        f"已启动, 用时 {took_s:.0f} 秒 / up after {took_s:.0f} s",
        f"    打开 / open:  {run.web_url}",
        "    账号 / users (this run only):",
        *(f"      {u.username:<8} {u.password:<10} {u.name_zh} / {u.name_en}" for u in run.users),
        "    一分钟内会有: 一辆车违停, 一个井盖消失;",
        "    传感器: 一个井盖倾斜, 桥下积水, 一次吊坠呼救, 一个失联。",
        "    Within a minute: a car parks in a no-parking zone, a manhole cover disappears;",
        "    sensors: a cover tilts, water rises, a pendant calls, one falls silent.",
        "    值班员登录后按 Enter 确认; 网格员登录看任务。",
        "    Sign in as desk and press Enter to confirm; sign in as a worker to see the task.",
    ]
    if options.autopilot and not options.headless:
        lines.append(
            f"    {CONFIRM_LATE_S:.0f} 秒无人确认的警情由演示脚本确认 / the script confirms alerts "
            f"after {CONFIRM_LATE_S:.0f} s (--no-autopilot turns this off)"
        )
    lines += [f"    日志 / logs: {run.settings.data_dir / 'logs'}", "    Ctrl-C 停止 / stops", ""]
    say("\n".join(lines))


def _watch_over(options: DemoOptions, run: Run, operator: ScriptedOperator, up: float) -> None:
    next_line = 10.0
    while not run.stopped.wait(0.5):
        elapsed = time.monotonic() - up
        if options.for_s is not None and elapsed >= options.for_s:
            return
        run.crew.revive()
        if run.node and run.node.exit_code() is not None:
            say("消息代理意外退出, 正在重启 / the broker died and is being restarted")
            run.node.start()
        operator.work()
        if options.headless and elapsed >= next_line:
            next_line += 10.0
            total = f"/{options.for_s:.0f}" if options.for_s else ""
            say(f"  {elapsed:.0f}{total} s, 警情 / alerts: {operator.alerts_seen()}")


def _finish(options: DemoOptions, run: Run, operator: ScriptedOperator, up: float) -> int:
    if not (options.headless or options.report):
        return 0
    if not operator.wait_for_console(20.0):
        raise Transient(f"the console does not answer: {run.web_url}")
    operator.work()
    facts = [Fact.read(item) for item in _truth(run.farm_url)]
    measured = _truth(run.sensor_farm_url)
    facts += [Fact.read(item) for item in measured if item["kind"] != "silent"]
    silences = [Silence.read(item) for item in measured if item["kind"] == "silent"]
    cases = operator.cases()
    now = datetime.now(UTC)
    verdict = compare(facts, found_in(cases), now, DUE_AFTER)
    verdict.silence = compare_silence(silences, operator.silent_sensors(), now, SILENT_DUE_AFTER)
    report: dict[str, Any] = to_json(
        verdict,
        first_alert_s=operator.first_alert_at - up if operator.first_alert_at else None,
        alerts=operator.alerts(),
        cases=len(cases),
        tasks=sum(len(case["tasks"]) for case in cases),
        run_s=time.monotonic() - up,
    )
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if options.report:
        options.report.write_text(text + "\n", encoding="utf-8")
    say(text)
    say(
        "结果正确 / as the ground truth"
        if verdict.perfect
        else "结果不符 / NOT as the ground truth"
    )
    return 0 if verdict.perfect else 1


def _truth(farm_url: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{farm_url}/ground-truth", timeout=5.0, trust_env=False)
    found: list[dict[str, Any]] = answer.json()
    return found


def _stop(run: Run) -> None:
    say("正在停止 / stopping ...")
    run.crew.stop()
    if run.node:
        run.node.stop()
    say("已全部停止 / everything stopped")
