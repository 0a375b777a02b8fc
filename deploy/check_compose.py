"""Check that what the deployment files start is what `yitong` offers."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path

import typer
import yaml

from yitong_command.cli.app import app
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import load_settings

DEPLOY = Path(__file__).parent
PARTS = {"ingest", "route", "sensors", "web"}


def main() -> int:
    """Print every difference; exit 1 if there is one."""
    problems = list(compose_problems()) + list(systemd_problems()) + list(prometheus_problems())
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("compose, systemd and Prometheus files match the command line")
    return 1 if problems else 0


def commands() -> set[str]:
    """Names of all commands."""
    group = typer.main.get_group(app)
    return set(group.commands)


def compose_problems() -> list[str]:
    """What compose starts that the command line does not offer, or with unknown settings."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    problems = []
    ours = {
        name: service
        for name, service in compose["services"].items()
        if str(service.get("image", "")).startswith("yitong-command")
    }
    if set(ours) != PARTS:
        problems.append(f"compose.yaml: starts {sorted(ours)}, the parts are {sorted(PARTS)}")
    for name, service in ours.items():
        command = service["command"][0]
        if command not in commands():
            problems.append(f"compose.yaml: services.{name}.command: no command {command!r}")
        problems += [f"compose.yaml: services.{name}: {p}" for p in _env_problems(service)]
        problems += [f"compose.yaml: services.{name}: {p}" for p in _volume_problems(service)]
        if "healthcheck" not in service:
            problems.append(f"compose.yaml: services.{name}: no healthcheck")
    return problems


def _volume_problems(service: dict[str, list[str]]) -> list[str]:
    """Volumes the part could not write to: a new one takes its owner from the image's folder."""
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    made = re.findall(r"mkdir -p (.+?) &&", image)[0].split()
    named = [volume.split(":") for volume in service["volumes"] if re.match(r"\w+:", volume)]
    return [
        f"volume {name}: {where} is not made in the Dockerfile"
        for name, where in named
        if where not in made
    ]


def _env_problems(service: dict[str, dict[str, object]]) -> list[str]:
    try:
        load_settings({key: str(value) for key, value in service["environment"].items()})
    except ConfigError as exc:
        return [str(exc)]
    return []


def systemd_problems() -> list[str]:
    """Parts named in the unit's comment that the command line does not offer."""
    unit = (DEPLOY / "systemd" / "yitong@.service").read_text(encoding="utf-8")
    named = set(re.findall(r"yitong@([a-z]+)", unit))
    return [
        f"yitong@.service: names {sorted(named)}, the parts are {sorted(PARTS)}"
        for _ in range(named != PARTS)
    ] + [f"yitong@.service: no command {name!r}" for name in named - commands()]


def prometheus_problems() -> list[str]:
    """Targets whose port is not the part's default port."""
    content = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    settings = load_settings({})
    known = {field.name for field in fields(settings)}
    problems = []
    for target in content["scrape_configs"][0]["static_configs"][0]["targets"]:
        part, port = target.split(":")
        key = f"{part}_port"
        if key not in known or getattr(settings, key) != int(port):
            problems.append(f"prometheus.yml: {target} is not where {part} listens")
    return problems


if __name__ == "__main__":
    sys.exit(main())
