#!/usr/bin/env python3
"""Writes chat.json: what Jinja, as transformers sets it up, makes of chats with
templates of every family. The templates are our own, written for this test:
each writes messages as its family does, and leaves out what the family does
with tools. Further files with templates are for a look at real ones:

    python3 testdata/chat.py [NAME.jinja ...] > testdata/chat.json   # needs jinja2
"""
import json
import sys

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATES = {
    "plain ChatML": """{%- for message in messages -%}
  {{- '<|im_start|>' + message["role"] + '\\n' + message["content"] + '<|im_end|>' + '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{ '<|im_start|>assistant\\n' -}} {% endif -%}""",
    "ChatML on one line": "{{ bos_token }}{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a test.<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "ChatML with a branch": """{%- if messages[0]['role'] == 'system' %}
    {{- "<|im_start|>system\\n" + messages[0]['content'] + "<|im_end|>\\n" }}
{%- else %}
    {{- "<|im_start|>system\\nYou are a test.<|im_end|>\\n" }}
    {#- {{ '<|im_start|>system\\nnot this<|im_end|>\\n' }} #}
{%- endif %}
{%- for message in messages %}
    {%- if message.role != "system" %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
""",
    "Qwen 3": """{%- set ns = namespace(question=messages|length - 1, found=false) %}
{%- for message in messages[::-1] %}
    {%- if not ns.found and message.role == "user" and not (message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.found = true %}
        {%- set ns.question = messages|length - 1 - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == "assistant" %}
        {%- set content = message.content %}
        {%- set reasoning_content = '' %}
        {%- if '</think>' in content %}
            {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.question and (loop.last or reasoning_content) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    "Llama 2": """{%- set system_message = false %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] %}
    {%- set messages = messages[1:] %}
{%- endif %}
{%- for message in messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles') }}{%- endif %}
    {%- set content = message['content'] %}
    {%- if loop.first and system_message != false %}
        {%- set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}
    {%- endif %}
    {%- if message['role'] == 'user' %}
        {{- bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
    {%- else %}
        {{- ' ' + content.strip() + ' ' + eos_token }}
    {%- endif %}
{%- endfor %}""",
    "Llama 3": "{% for message in messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
    "Llama 3.1": """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "01 Feb 2023" %}
{%- endif %}

{#- The system message's own part -#}
{%- set system_message = "" %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Cutting Knowledge Date: March 2022\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message + "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
}

S, U, A = "system", "user", "assistant"
CHATS = [
    [(U, "hello")],
    [(S, "Be brief."), (U, " hello\n"), (A, "\n hi "), (U, "\x1c\u00a0why?\u2003")],
    [(U, "a"), (A, "b")],
    [(S, " s "), (U, "it's \"a\" {{ b }}"), (A, "<think>\nlong\n\nthought\n</think>\n\nanswer"), (U, "c"), (A, "<think>x</think>y")],
    [(U, "a"), (A, "<think>t</think>b"), (U, "<tool_response>r</tool_response>"), (A, "more"), (U, "<tool_response>"), (A, "z</think>")],
    [(U, "a"), (A, "<think>t</think>b"), (U, "<tool_response>r</tool_response>"), (A, "<think>\n\n</think>\n\nq")],
    [(S, "only system")],
    [(S, " s\n"), (U, "\n ")],
    [(S, ""), (U, "\n x"), (A, ""), (U, " ")],
    [(U, "a"), (A, "x<think>\np<think>q\n\n</think>mid</think>\n\n\nend")],
    [(A, "first"), (U, "then")],
    [(U, "a"), (U, "b")],
]


def fail(message):
    raise jinja2.exceptions.TemplateError(message)


for path in sys.argv[1:]:
    TEMPLATES[path] = open(path).read()
env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
env.globals["raise_exception"] = fail
out = {"chats": [[{"Role": r, "Content": c} for r, c in chat] for chat in CHATS], "templates": {}}
for name, text in TEMPLATES.items():
    t, texts = env.from_string(text), []
    for chat in CHATS:
        messages = [{"role": r, "content": c} for r, c in chat]
        for silent in [False, True] if "enable_thinking" in text else [False]:
            extra = {"enable_thinking": False} if silent else {}
            try:
                s = t.render(messages=messages, add_generation_prompt=chat[-1][0] != A, bos_token="<s>", eos_token="</s>", **extra)
            except jinja2.exceptions.TemplateError:
                s = None
            texts.append(s)
    out["templates"][name] = {"template": text, "texts": texts}
json.dump(out, sys.stdout, ensure_ascii=True, separators=(",", ":"))
print()
