# SPDX-License-Identifier: MIT
"""Where a C file can be made wrong, and how: small changes inside functions, found by tokens.

A mutation keeps all lines where they are.  What no test can be asked to notice is left out: assertions, which
guard against ourselves, and the sizes of arrays."""

import collections
import random
import re

# span: what is replaced, from and to as offsets; name: the same after other parts of the file changed
Mutation = collections.namedtuple('Mutation', 'file function line span new kind name')

TOKEN = re.compile(r'''/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^[ \t]*\#(?:\\\n|[^\n])*'''
                   r'''|[A-Za-z_]\w*|\d[\w.]*|<<=|>>=|->|\+\+|--|&&|\|\||<=|>=|==|!=|[-+*/%&|^]=|<<|>>|\S''',
                   re.S | re.M)
RELATIONS = {'<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'], '==': ['!='], '!=': ['==']}
ARITHMETIC = {'+': ['-'], '-': ['+'], '*': ['/'], '/': ['*'], '%': ['*'], '<<': ['>>'], '>>': ['<<'], '&': ['|'],
              '|': ['&'], '^': ['&'], '+=': ['-='], '-=': ['+='], '|=': ['&='], '&=': ['|='], '++': ['--'],
              '--': ['++'], '<<=': ['>>='], '>>=': ['<<=']}
BOOLEAN = {'&&': ['||'], '||': ['&&']}
TYPES = re.compile(r'(?:static|const|struct|enum|union|unsigned|signed|int|char|bool|void|size_t|u?int\d+_t|uintptr_t'
                   r'|long|short|typedef|register|volatile|extern)\b')


def is_operand(token):
    return token is not None and (re.match(r'\w', token) or token in (')', ']')) and token not in (
        'return', 'case', 'sizeof', 'else', 'do')


def of_constant(text):
    """A number, one more and one less."""
    match = re.fullmatch(r'(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)', text)
    if match:
        value = int(match[1], 0)
        yield f'{value + 1}{match[2]}'
        if value > 0:
            yield f'{value - 1}{match[2]}'


def of_return(text):
    value = text[len('return'):-1].strip()
    if value == 'true':
        yield 'return false;'
    elif value == 'false':
        yield 'return true;'
    elif re.fullmatch(r'(?:0|NULL|ERR_OK)', value):
        yield 'return 1;'
    elif value:
        yield 'return 0;'
        if re.search(r'[<>=!]=|[<>]|&&|\|\||^!', value) and '?' not in value:
            yield f'return !({value});'


def closing(tokens, i):
    """The index of the bracket that closes the one at i."""
    depth = 0
    for k in range(i, len(tokens)):
        depth += tokens[k][0] in '([{'
        depth -= tokens[k][0] in ')]}'
        if depth == 0:
            return k
    return len(tokens) - 1


def statement_end(tokens, i):
    depth = 0
    for k in range(i, len(tokens)):
        depth += tokens[k][0] in ('(', '[', '{')
        depth -= tokens[k][0] in (')', ']', '}')
        if tokens[k][0] == ';' and depth == 0:
            return k
        if depth < 0:
            return None
    return None


class File:
    """The mutations of one file."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.found = []

    def add(self, start, end, new, kind):
        old = self.text[start:end]
        blank = '\n' * (old.count('\n') - new.count('\n'))
        line = self.text.count('\n', 0, start) + 1
        whole = re.sub(r'\s+', ' ', self.text[self.text.rfind('\n', 0, start) + 1:end]).strip()
        name = f'{self.function}: {kind}: {whole} -> {new}'
        self.found.append(Mutation(self.path, self.function, line, (start, end), new + blank, kind, name))

    def operators(self, tokens, i):
        token, start, end = tokens[i]
        before = tokens[i - 1][0] if i else None
        binary = is_operand(before)
        for kind, table in (('relation', RELATIONS), ('boolean', BOOLEAN)):
            if binary or kind == 'boolean':
                for new in table.get(token, ()):
                    self.add(start, end, new, kind)
        if token in ARITHMETIC and (binary or token in ('++', '--')):
            if not (token == '*' and self.is_declaration(start)):
                for new in ARITHMETIC[token]:
                    self.add(start, end, new, 'arithmetic')
        if token == '!' and tokens[i + 1][0] != '=':
            self.add(start, end, '', 'boolean')

    def is_declaration(self, start):
        line = self.text[self.text.rfind('\n', 0, start) + 1:self.text.find('\n', start)]
        return TYPES.match(line.strip()) is not None

    def constants(self, tokens, i):
        token, start, end = tokens[i]
        if not token[0].isdigit():
            return
        if tokens[i - 1][0] == '[' and self.is_declaration(start):
            return
        for new in of_constant(token):
            self.add(start, end, new, 'constant')

    def conditions(self, tokens, i):
        token = tokens[i][0]
        if token in ('if', 'while') and tokens[i + 1][0] == '(':
            close = closing(tokens, i + 1)
            start, end = tokens[i + 1][1], tokens[close][2]
            self.add(start, end, f'(!{self.text[start:end]})', 'condition')

    def statements(self, tokens, i):
        """At the beginning of one."""
        token, start, _ = tokens[i]
        end = statement_end(tokens, i)
        if end is None or not re.match(r'[A-Za-z_*(+-]', token) or token in (
                'if', 'for', 'while', 'do', 'else', 'switch', 'case', 'default', 'goto', 'struct'):
            return
        text = self.text[start:tokens[end][2]]
        if token == 'return':
            for new in of_return(text):
                self.add(start, tokens[end][2], new, 'return')
        elif not TYPES.match(text) and not (re.match(r'\w+ \**\w+', text)):
            self.add(start, tokens[end][2], ';', 'statement')

    def body(self, function, start, end):
        self.function = function
        tokens = [(m[0], m.start(), m.end()) for m in TOKEN.finditer(self.text, start, end)
                  if not re.match(r'/[*/]|["\']|[ \t]*#', m[0])]
        skip_to, depth = -1, 0
        for i, (token, at, _) in enumerate(tokens[:-1]):
            if token in ('ASSERT', '_Static_assert', 'sizeof', 'assert_failed') and tokens[i + 1][0] == '(':
                skip_to = max(skip_to, closing(tokens, i + 1))
            begins = depth == 0 and (i == 0 or tokens[i - 1][0] in (';', '{', '}', 'else', ':') or (
                tokens[i - 1][0] == ')' and self.text[self.text.rfind('\n', 0, at) + 1:at].strip() == ''))
            depth += token in ('(', '[')
            depth -= token in (')', ']')
            if i <= skip_to:
                continue
            if begins and token != 'ASSERT':
                self.statements(tokens, i)
            if i:
                self.operators(tokens, i)
                self.constants(tokens, i)
            self.conditions(tokens, i)

    def mutations(self):
        """A function's braces stand in the first column, and its name before them."""
        for match in re.finditer(r'\)\n\{\n', self.text):
            head = self.text[self.text.rfind('\n\n', 0, match.start()) + 1:match.start()]
            name = re.search(r'(\w+)\(', re.sub(r'/\*.*?\*/|__attribute__\(\(.*?\)\)', '', head, flags=re.S))
            if name:
                self.body(name[1], match.end(), self.text.index('\n}\n', match.end() - 1) + 1)
        return self.found


def mutations_of(path):
    with open(path, encoding='utf-8') as f:
        return File(path, f.read()).mutations()


def sample(paths, count, seed):
    """`count` of all mutations of these files, the same for the same sources; at most one for each place."""
    places = {}
    for path in sorted(paths):
        for mutation in mutations_of(path):
            places.setdefault((path, mutation.span, mutation.kind), []).append(mutation)
    draw = random.Random(seed)
    keys = sorted(places)
    draw.shuffle(keys)
    return [draw.choice(places[key]) for key in keys[:count]]


def apply(mutation):
    with open(mutation.file, encoding='utf-8') as f:
        text = f.read()
    return text[:mutation.span[0]] + mutation.new + text[mutation.span[1]:]
