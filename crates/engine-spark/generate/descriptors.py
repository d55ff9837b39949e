"""Prints the descriptors of Spark Connect's protocol, as the installed pyspark has them, as one FileDescriptorSet."""
import ast, pathlib, sys, importlib.util

def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128]); n >>= 7
    return out + bytes([n])

folder = pathlib.Path(importlib.util.find_spec("pyspark").origin).parent / "sql/connect/proto"
for path in sorted(folder.glob("*_pb2.py")):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            file = node.args[0].value
            sys.stdout.buffer.write(b"\x0a" + varint(len(file)) + file)
