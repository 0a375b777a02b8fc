# 伊通县基层治理指挥中心 / Yitong county command centre
# `make demo` and `make test` need Python 3.11+ and a network once; both work offline afterwards.

SHELL := /bin/bash
PYTHON ?= python3
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup setup-dev demo test lint format bench chaos clean

help: ## 显示命令 / show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t14

setup: ## 安装运行所需 / install what running needs into .venv
	@deploy/setup.sh run

setup-dev: ## 安装开发所需 / also what the checks need
	@deploy/setup.sh dev

demo: setup ## 演示, 打开 http://127.0.0.1:8000 / the demo
	@.venv/bin/yitong demo $(ARGS)

test: setup-dev ## 全部检查 / all checks
	@deploy/check.sh

lint: setup-dev ## 只做静态检查 / static checks only
	@deploy/check.sh lint

format: setup-dev ## 整理代码格式 / format the code
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

bench: setup-dev ## 性能测量 / benchmarks
	@.venv/bin/yitong bench $(or $(ARGS),cameras --cameras 40 --for 30)

chaos: setup-dev ## 混沌测试, 可中断后继续 / a thousand kills, nothing may be lost; goes on where stopped
	@.venv/bin/python -m tests.chaos $(ARGS)

clean: ## 删除生成物 / remove what was made
	rm -rf .venv .yitong dist src/console/node_modules src/yitong_command/web/static
