# SPDX-License-Identifier: MIT
"""docs/metrics.md: its example is one that a Prometheus takes (promtool's word, where it is installed).
That the metrics which it names are there is seen by tests/boot/test_server.py."""

import os
import re
import shutil
import subprocess

import yaml
from conftest import ROOT


def blocks():
    """{file name: text} of the YAML in the page, by the comment that it begins with."""
    with open(os.path.join(ROOT, 'docs', 'metrics.md'), encoding='utf-8') as f:
        found = re.findall(r'```yaml\n# (\S+)\n(.*?)```', f.read(), re.S)
    return dict(found)


def promtool(*args):
    if shutil.which('promtool'):
        done = subprocess.run(['promtool', *args], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_scrape(tmp_path):
    text = blocks()['prometheus.yml']
    (tmp_path / 'prometheus.yml').write_text(text)
    promtool('check', 'config', str(tmp_path / 'prometheus.yml'))
    job, = yaml.safe_load(text)['scrape_configs']
    assert set(job) == {'job_name', 'scrape_interval', 'static_configs', 'metric_relabel_configs'}
    target, = job['static_configs'][0]['targets']
    assert re.fullmatch(r'192\.168\.77\.2:9115', target)
    # As in blackbox_exporter's README instance is what was checked; what has no target keeps its own.
    relabelled, = job['metric_relabel_configs']
    assert relabelled == {'source_labels': ['target'], 'regex': '(.+)', 'target_label': 'instance'}


def test_the_alert(tmp_path):
    text = blocks()['rules.yml']
    (tmp_path / 'rules.yml').write_text(text)
    promtool('check', 'rules', str(tmp_path / 'rules.yml'))
    rule, = yaml.safe_load(text)['groups'][0]['rules']
    job = yaml.safe_load(blocks()['prometheus.yml'])['scrape_configs'][0]
    assert f'up{{job="{job["job_name"]}"}}' in rule['expr'] and 'probe_success == 0' in rule['expr']
    labels = set(re.findall(r'\$labels\.(\w+)', rule['annotations']['summary']))
    assert labels == {'target', *job['static_configs'][0]['labels']}
