"""Rekognition as boto3 sees it: every answer and every error is held against botocore's model."""

import concurrent.futures
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from PIL import Image

from sandbox.embedded_aws import REGION, EmbeddedAws
from tests.sandbox.conftest import Account
from tests.text.shapes import checked
from tests.vision.conftest import PHOTOS
from tools.ports import free_port

ASTRONAUT, CAMERAMAN, COFFEE = ((PHOTOS / f"{name}.jpg").read_bytes() for name in ("astronaut", "cameraman", "coffee"))
FACE = (0.44, 0.23)  # the middle of the astronaut's face
OPERATIONS = ["detect_faces", "detect_labels", "detect_moderation_labels", "detect_text", "recognize_celebrities"]


def client(endpoint: str) -> Any:
    """A client that sends what boto3 would refuse itself."""
    settings = Config(parameter_validation=False, retries={"max_attempts": 1}, max_pool_connections=20)
    return checked(boto3.client("rekognition", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
                                config=settings))


@pytest.fixture(scope="module")
def rekognition(account: Account) -> Any:
    return client(account.endpoint)


@pytest.fixture(scope="module")
def bucket(account: Account) -> str:
    name = account.name("photos")
    account.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def encoded(picture: Image.Image, kind: str = "JPEG", **settings: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **settings)
    return out.getvalue()


def holds(box: dict[str, float], point: tuple[float, float]) -> bool:
    return box["Left"] < point[0] < box["Left"] + box["Width"] and box["Top"] < point[1] < box["Top"] + box["Height"]


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return str(error.value.response["Error"]["Code"])


class TestFaces:
    def test_a_person_of_the_gallery_is_recognised_on_another_picture(self, rekognition: Any) -> None:
        answer = rekognition.recognize_celebrities(Image={"Bytes": ASTRONAUT})
        [known] = answer["CelebrityFaces"]
        assert known["Name"] == "Eileen Collins"
        assert 50 < known["MatchConfidence"] < 100  # 100 would be the very same picture
        assert holds(known["Face"]["BoundingBox"], FACE)
        assert answer["UnrecognizedFaces"] == []

    def test_a_stranger_is_a_face_without_a_name(self, rekognition: Any) -> None:
        answer = rekognition.recognize_celebrities(Image={"Bytes": CAMERAMAN})
        assert answer["CelebrityFaces"] == []
        [stranger] = answer["UnrecognizedFaces"]
        assert holds(stranger["BoundingBox"], (0.44, 0.31))

    def test_things_have_no_face(self, rekognition: Any) -> None:
        assert rekognition.detect_faces(Image={"Bytes": COFFEE})["FaceDetails"] == []

    def test_two_people_on_one_photo_are_told_apart(self, rekognition: Any) -> None:
        both = Image.new("RGB", (1024, 512))
        for left, content in ((0, ASTRONAUT), (512, CAMERAMAN)):
            both.paste(Image.open(io.BytesIO(content)), (left, 0))
        answer = rekognition.recognize_celebrities(Image={"Bytes": encoded(both)})
        [known], [stranger] = answer["CelebrityFaces"], answer["UnrecognizedFaces"]
        assert holds(known["Face"]["BoundingBox"], (FACE[0] / 2, FACE[1]))
        assert stranger["BoundingBox"]["Left"] > 0.5

    def test_the_five_landmarks_are_where_they_belong(self, rekognition: Any) -> None:
        [face] = rekognition.detect_faces(Image={"Bytes": ASTRONAUT})["FaceDetails"]
        marks = {mark["Type"]: (mark["X"], mark["Y"]) for mark in face["Landmarks"]}
        assert set(marks) == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
        assert all(holds(face["BoundingBox"], place) for place in marks.values())
        assert marks["eyeLeft"][0] < marks["nose"][0] < marks["eyeRight"][0]
        assert marks["mouthLeft"][0] < marks["nose"][0] < marks["mouthRight"][0]
        assert max(marks["eyeLeft"][1], marks["eyeRight"][1]) < marks["nose"][1] < min(marks["mouthLeft"][1], marks["mouthRight"][1])

    def test_smile_and_emotions_are_told_to_who_asks(self, rekognition: Any) -> None:
        def asked(*attributes: str) -> Any:
            [face] = rekognition.detect_faces(Image={"Bytes": ASTRONAUT}, Attributes=list(attributes))["FaceDetails"]
            return face

        everything = asked("ALL")
        assert everything["Smile"]["Value"] is True
        assert everything["Emotions"][0]["Type"] == "HAPPY"
        assert sum(each["Confidence"] for each in everything["Emotions"]) == pytest.approx(100, abs=0.1)
        assert {"Smile", "Emotions"} & set(asked("DEFAULT")) == set()
        assert {"Smile", "Emotions"} & set(asked("SMILE")) == {"Smile"}
        assert {"Smile", "Emotions"} & set(asked("EMOTIONS", "AGE_RANGE")) == {"Emotions"}

    def test_a_serious_face_does_not_smile(self, rekognition: Any) -> None:
        [face] = rekognition.detect_faces(Image={"Bytes": CAMERAMAN}, Attributes=["ALL"])["FaceDetails"]
        assert face["Smile"]["Value"] is False

    def test_what_no_model_tells_is_left_out(self, rekognition: Any) -> None:
        [face] = rekognition.detect_faces(Image={"Bytes": ASTRONAUT}, Attributes=["ALL"])["FaceDetails"]
        assert not {"AgeRange", "Gender", "Beard", "Eyeglasses", "Quality"} & set(face)
        assert set(face["Pose"]) == {"Roll"}

    def test_roll_is_the_angle_of_the_eyes(self, rekognition: Any) -> None:
        upright, turned = (
            rekognition.detect_faces(Image={"Bytes": encoded(Image.open(io.BytesIO(ASTRONAUT)).rotate(degrees))})["FaceDetails"][0]["Pose"]["Roll"]
            for degrees in (0, -20))  # Pillow turns counter-clockwise
        assert turned - upright == pytest.approx(20, abs=3)

    def test_boxes_are_those_of_the_upright_picture(self, rekognition: Any) -> None:
        sideways = Image.open(io.BytesIO(ASTRONAUT)).transpose(Image.Transpose.ROTATE_90)
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned clockwise
        [known] = rekognition.recognize_celebrities(Image={"Bytes": encoded(sideways, exif=exif)})["CelebrityFaces"]
        assert holds(known["Face"]["BoundingBox"], FACE)


class TestLabels:
    def test_labels_have_parents_and_come_surest_first(self, rekognition: Any) -> None:
        labels = rekognition.detect_labels(Image={"Bytes": COFFEE}, MinConfidence=10)["Labels"]
        named = {label["Name"]: label for label in labels}
        assert named["Coffee"]["Confidence"] > 70
        assert [parent["Name"] for parent in named["Espresso"]["Parents"]] == ["Coffee", "Beverage"]
        assert named["Espresso"]["Categories"] == [{"Name": "Food and Beverage"}]
        assert [label["Confidence"] for label in labels] == sorted((label["Confidence"] for label in labels), reverse=True)

    def test_a_kind_is_as_sure_as_its_surest_member(self, rekognition: Any) -> None:
        labels = rekognition.detect_labels(Image={"Bytes": COFFEE}, MinConfidence=1)["Labels"]
        confidence = {label["Name"]: label["Confidence"] for label in labels}
        for label in labels:
            assert all(confidence[parent["Name"]] >= label["Confidence"] - 0.001 for parent in label["Parents"]), label

    def test_a_face_is_a_person_and_its_place_is_told(self, rekognition: Any) -> None:
        labels = {label["Name"]: label for label in rekognition.detect_labels(Image={"Bytes": ASTRONAUT})["Labels"]}
        assert labels["Person"]["Confidence"] > 90
        assert [holds(each["BoundingBox"], FACE) for each in labels["Face"]["Instances"]] == [True]

    def test_no_more_than_asked_for_and_no_less_sure(self, rekognition: Any) -> None:
        def labels(**settings: Any) -> list[Any]:
            return list(rekognition.detect_labels(Image={"Bytes": COFFEE}, **settings)["Labels"])

        everything = labels(MinConfidence=1)
        assert min(label["Confidence"] for label in everything) < 50
        assert min(label["Confidence"] for label in labels()) >= 55
        assert labels(MinConfidence=1, MaxLabels=2) == everything[:2]
        assert labels(MaxLabels=0) == []

    def test_labels_are_filtered_by_name_and_category(self, rekognition: Any) -> None:
        def names(**filters: list[str]) -> set[str]:
            answer = rekognition.detect_labels(Image={"Bytes": COFFEE}, MinConfidence=1, Settings={"GeneralLabels": filters})
            return {label["Name"] for label in answer["Labels"]}

        assert names(LabelInclusionFilters=["Coffee", "Cup"]) == {"Coffee", "Cup"}
        assert "Coffee" not in names(LabelExclusionFilters=["Coffee"])
        assert {"Coffee", "Beverage"} <= names(LabelCategoryInclusionFilters=["Food and Beverage"])
        assert not {"Coffee", "Beverage"} & names(LabelCategoryExclusionFilters=["Food and Beverage"])


class TestImages:
    def test_an_object_in_s3_is_seen_as_its_bytes_are(self, rekognition: Any, account: Account, bucket: str) -> None:
        account.client("s3").put_object(Bucket=bucket, Key="astronaut.jpg", Body=ASTRONAUT)
        place = {"S3Object": {"Bucket": bucket, "Name": "astronaut.jpg"}}
        for operation in OPERATIONS:
            answers = [getattr(rekognition, operation)(Image=image) for image in (place, {"Bytes": ASTRONAUT})]
            for answer in answers:
                answer.pop("ResponseMetadata")
            assert answers[0] == answers[1]

    @pytest.mark.parametrize("operation", OPERATIONS)
    @pytest.mark.parametrize(("content", "code"), [
        (b"<html>", "InvalidImageFormatException"),
        (ASTRONAUT[:3000], "InvalidImageFormatException"),
        (encoded(Image.new("RGB", (200, 200)), "GIF"), "InvalidImageFormatException"),
        (encoded(Image.new("RGB", (79, 200)), "PNG"), "InvalidParameterException"),
        (encoded(Image.new("1", (10_001, 10_000)), "PNG"), "ImageTooLargeException"),
    ], ids=["no image", "broken off", "GIF", "too small", "too many pixels"])
    def test_a_bad_image_is_refused(self, rekognition: Any, operation: str, content: bytes, code: str) -> None:
        assert refused(getattr(rekognition, operation), Image={"Bytes": content}) == code

    def test_an_object_that_is_not_there_is_refused(self, rekognition: Any, bucket: str) -> None:
        for place in ({"Bucket": bucket, "Name": "none.jpg"}, {"Bucket": "no-such-bucket", "Name": "a.jpg"}):
            assert refused(rekognition.detect_labels, Image={"S3Object": place}) == "InvalidS3ObjectException"

    def test_an_object_of_more_than_15_mb_is_refused(self, rekognition: Any, account: Account, bucket: str) -> None:
        account.client("s3").put_object(Bucket=bucket, Key="large.jpg", Body=ASTRONAUT + bytes(15 * 1024 * 1024))
        assert refused(rekognition.detect_faces, Image={"S3Object": {"Bucket": bucket, "Name": "large.jpg"}}) == "ImageTooLargeException"

    @pytest.mark.parametrize(("request_", "code"), [
        ({}, "ValidationException"),
        ({"Image": {}}, "InvalidParameterException"),
        ({"Image": {"Bytes": COFFEE, "S3Object": {"Bucket": "bucket", "Name": "a"}}}, "InvalidParameterException"),
        ({"Image": {"S3Object": {"Bucket": "bucket"}}}, "InvalidParameterException"),
        ({"Image": {"Bytes": b""}}, "ValidationException"),
        ({"Image": {"Bytes": bytes(5 * 1024 * 1024 + 1)}}, "ValidationException"),
        ({"Image": {"S3Object": {"Bucket": "not a bucket", "Name": "a"}}}, "ValidationException"),
        ({"Image": {"Bytes": COFFEE}, "MinConfidence": 101}, "ValidationException"),
        ({"Image": {"Bytes": COFFEE}, "MinConfidence": -1}, "ValidationException"),
        ({"Image": {"Bytes": COFFEE}, "MaxLabels": -1}, "ValidationException"),
        ({"Image": {"Bytes": COFFEE}, "Features": ["EVERYTHING"]}, "ValidationException"),
    ])
    def test_a_bad_request_is_refused(self, rekognition: Any, request_: dict[str, Any], code: str) -> None:
        assert refused(rekognition.detect_labels, **request_) == code


def test_many_callers_at_once_get_the_answers_of_one(rekognition: Any) -> None:
    def ask(content: bytes, operation: str) -> Any:
        answer = getattr(rekognition, operation)(Image={"Bytes": content})
        answer.pop("ResponseMetadata")
        return answer

    operations = ("detect_faces", "detect_labels", "recognize_celebrities")
    questions = [(content, operation) for content in (ASTRONAUT, CAMERAMAN, COFFEE) for operation in operations]
    alone = [ask(*question) for question in questions]
    with concurrent.futures.ThreadPoolExecutor(len(questions)) as pool:
        together = [future.result() for future in [pool.submit(ask, *question) for question in questions * 2]]
    assert together == alone * 2


def test_others_are_answered_while_a_picture_is_looked_at(rekognition: Any, account: Account) -> None:
    large = encoded(Image.open(io.BytesIO(ASTRONAUT)).resize((3000, 3000)), quality=80)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        looking = [pool.submit(rekognition.detect_labels, Image={"Bytes": large}) for _ in range(8)]
        others = 0
        while not all(future.done() for future in looking):
            account.client("sqs").list_queues()
            others += 1
    assert others > len(looking)


@pytest.fixture
def without_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Callable[[], str]]]:
    """A client of an embedded AWS that finds no weights, and what that one logs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    log = tmp_path / "aws.log"
    aws = EmbeddedAws(free_port(0), log)
    aws.start()
    yield client(aws.endpoint), log.read_text
    aws.stop()


def test_missing_models_fail_nothing_and_say_once_what_to_install(without_weights: tuple[Any, Callable[[], str]]) -> None:
    rekognition, log = without_weights
    for _ in range(2):
        assert rekognition.recognize_celebrities(Image={"Bytes": ASTRONAUT})["UnrecognizedFaces"] == []
        assert rekognition.detect_faces(Image={"Bytes": ASTRONAUT})["FaceDetails"] == []
        assert rekognition.detect_labels(Image={"Bytes": ASTRONAUT})["Labels"] == []
        assert rekognition.detect_moderation_labels(Image={"Bytes": ASTRONAUT})["ModerationLabels"] == []
    lines = [line for line in log().splitlines() if "cannot tell" in line]
    assert all("python -m sandbox.models fetch" in line or "make models-extra" in line for line in lines)
    for what in ("faces", "what a picture shows", "nudity"):
        assert sum(f"cannot tell {what}" in line for line in lines) == 1, lines
