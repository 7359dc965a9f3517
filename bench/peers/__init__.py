"""The same work on MediaForge and on what a user would otherwise start from: `python -m bench peers`.

Each contender accepts a request, asks the same model (`model.py`), saves the picture in Storage, and keeps a
status in Firestore that a client listens to. A peer is one file in the shape that its authors document.
"""
