"""The assistants' door, `POST /mcp`: the Model Context Protocol over one stateless POST, in both eras that
clients speak, without an SDK. `protocol.py` reads and writes the envelopes, `tools.py` is the table of the
tools, `acts.py` what they do by the operations, `results.py` what an assistant is told, `door.py` the HTTP
around them. See docs/assistants.md."""
