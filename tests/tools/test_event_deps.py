# SPDX-License-Identifier: MIT
"""tools/event_deps.sh: what is built again when an event changes, tried with make and a compiler."""

import os
import subprocess

import pytest
from conftest import ROOT

FILES = {
    'log/events.def': 'EVENT(ONE, "one")\nEVENT(TWO, "two")\nEVENT(THREE, "three")\n',
    'log/event.h': '#ifndef H\n#define H\nenum event_id {\n#define EVENT(id, text) EVENT_##id,\n'
                   '#include "log/events.def"\n#undef EVENT\n\tEVENT_COUNT\n};\n#endif\n',
    'net/one.c': '#include "log/event.h"\nint one(void);\nint one(void) { return EVENT_ONE; }\n',
    'net/two.h': '#include "log/event.h"\n#define IT EVENT_TWO\n',
    'net/two.c': '#include "net/two.h"\nint two(void);\nint two(void) { return IT; }\n',
    'net/none.c': '#include "log/event.h"\nenum event_id id;\nint EVENT_FIELD_OF;\n',
    'net/count.c': '#include "log/event.h"\nint seen[EVENT_COUNT];\n',
    'log/catalogue.c': 'const char *const texts[] = {\n#define EVENT(id, text) text,\n'
                       '#include "log/events.def"\n};\n',
    'Makefile': '''
DONE := $(shell event_deps stamps b/events)
SRCS := $(wildcard net/*.c log/*.c)
all: $(SRCS:%.c=b/%.o)
b/%.o: %.c
	@mkdir -p $(@D)
	@echo $<
	@gcc -I. -MMD -MP -c $< -o $@
	@event_deps narrow b/events $(@:.o=.d)
-include $(SRCS:%.c=b/%.d)
'''.replace('event_deps', os.path.join(ROOT, 'tools/event_deps.sh')),
}


@pytest.fixture
def tree(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def build(events=None):
        if events is not None:
            (tmp_path / 'log/events.def').write_text(events)
        env = {k: v for k, v in os.environ.items() if not k.startswith('MAKE')}
        done = subprocess.run(['make', '-s', '-C', tmp_path], check=True, stdout=subprocess.PIPE, text=True,
                              env=env)
        return done.stdout.split()
    assert sorted(build()) == sorted(name for name in FILES if name.endswith('.c'))
    assert build() == []
    return build


def test_another_text_is_the_catalogues(tree):
    assert tree(FILES['log/events.def'].replace('"two"', '"2"')) == ['log/catalogue.c']
    assert tree() == []


def test_a_new_event_at_the_end(tree):
    assert sorted(tree(FILES['log/events.def'] + 'EVENT(FOUR, "four")\n')) == [
        'log/catalogue.c', 'net/count.c']


def test_one_that_moves_takes_its_users_along(tree):
    assert sorted(tree('EVENT(ZERO, "zero")\n' + FILES['log/events.def'])) == [
        'log/catalogue.c', 'net/count.c', 'net/one.c', 'net/two.c']
    assert tree() == []


def test_one_that_is_gone_is_missed(tree):
    with pytest.raises(subprocess.CalledProcessError):
        tree(FILES['log/events.def'].replace('EVENT(ONE, "one")\n', ''))
