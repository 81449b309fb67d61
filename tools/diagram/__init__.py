# SPDX-License-Identifier: MIT
"""The picture of a run: its log drawn as a sequence diagram (docs/diagram.md).

    events.py    what each event of the log is in the picture: an arrow, a note, a state
    model.py     the rows of a picture, from the events of one log, or of both sides' (duet.py)
    fold.py      a long run made short, saying what was left out
    text.py mermaid.py svg.py html.py   one renderer each, all of the same rows
"""
