"""The diagram of a run: drawn from the log alone, and safe from what servers say."""

import json

import diagram
import dialtone_log


def log_of(*events):
    lines = [b'@dt ' + json.dumps({'v': 1, 'seq': i, 't_us': i, **e}).encode()
             for i, e in enumerate(events, 1)]
    return dialtone_log.parse(b'\r\n'.join(lines) + b'\r\n')


def test_steps_are_arrows_in_the_order_of_the_log():
    drawn = diagram.mermaid(log_of(
        {'ev': 'app.fd', 'conn': 1, 'step': 4, 'fd': 3},
        {'ev': 'arp.request', 'ip': '10.0.0.1'},
        {'ev': 'tcp.syn_sent', 'conn': 1, 'step': 8, 'tcp_seq': 7, 'win': 65535}))
    assert [line.strip() for line in drawn.splitlines()[-3:]] == [
        'lib-->>app: 4. descriptor 3',
        'stack--)server: ARP: who has 10.0.0.1?',
        'stack->>server: 8. SYN seq=7 win=65535']


def test_a_failed_run_ends_where_it_failed():
    drawn = diagram.mermaid(log_of(
        {'ev': 'tcp.rst_rcvd', 'conn': 1, 'at_step': 12, 'meaning': 'connection refused'},
        {'ev': 'result', 'exitcode': 7, 'errormsg': 'connection refused', 'failed_step': 12}))
    last = drawn.splitlines()[-2:]
    assert last[0].strip() == 'server-xstack: RST: connection refused'
    assert last[1].strip() == 'Note over app,server: connection refused, EXIT: STATUS=7'


def test_no_server_can_add_a_line_or_markup():
    drawn = diagram.mermaid(log_of(
        {'ev': 'http.response', 'http_code': 200, 'framing': 'x\nserver->>app: forged; <b>#'}))
    assert len(drawn.splitlines()) == 6
    assert not set('\n;<#') & set(drawn.splitlines()[-1].replace('#10;', '').replace('#59;', '')
                                  .replace('#60;', '').replace('#62;', '').replace('#35;', ''))
