"""MESSAGE_RECEIVED in; MESSAGE_ANALYSED, or MESSAGE_ANALYSIS_FAILED, out."""

from typing import Any

import pytest

from tests.workflow.answers import DOWN, ENTITY, FACE, KEPT, PUBLISHED, SENTIMENT, celebrities, run, sample, stored
from tests.workflow.crowds import CROWD, crowded
from tests.workflow.interpreter import MAX_BYTES, TIMED_OUT, Answer, Execution, ServiceError, event_of, raised, size
from tests.workflow.tables import Table

MESSAGE = "twitter-1572570427880538999"
REPLAY = "after-the-outage"
THROTTLED = ServiceError("Comprehend.ThrottlingException", "Rate exceeded")
BUS_DOWN = ServiceError("EventBridge.FailedEntry", '{"FailedEntryCount": 1}')
COMPREHEND = ["comprehend:detectDominantLanguage", "comprehend:detectSentiment", "comprehend:detectEntities"]


def analyse(event: str | dict[str, Any], answers: dict[str, Answer] | None = None, **more: Any) -> Execution:
    """Runs the workflow, which has to succeed with one event published."""
    execution = run("analyse_message", event, answers, **more)
    assert execution.status == "SUCCEEDED", execution.output
    assert execution.published["DetailType"] == "MESSAGE_ANALYSED"
    return execution


def received(**detail: Any) -> dict[str, Any]:
    """MESSAGE_RECEIVED with other fields in its detail; None takes a field out."""
    event = sample("MESSAGE_RECEIVED")
    event["detail"] = {name: value for name, value in {**event["detail"], **detail}.items() if value is not None}
    return event


def analysis(event: str | dict[str, Any], answers: dict[str, Answer] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = analyse(event, answers).detail["Analysis"]
    return found


class TestText:
    def test_language_sentiment_and_entities_are_told(self) -> None:
        execution = analyse("MESSAGE_RECEIVED")
        assert execution.published["Source"] == "TWITTER"
        assert execution.detail == {
            "MessageId": MESSAGE, "Text": "@makitdev tell me a joke & more", "Author": "harry11",
            "Twitter": {"TweetId": "1572570427880538999", "UserId": "1498961531635122999"},
            "Analysis": {"Language": "en", "TextSentiment": "NEUTRAL", "SentimentScore": SENTIMENT["SentimentScore"], "TextEntities": [ENTITY],
                         "Images": []}}
        assert execution.arguments("Detect sentiment") == [{"Text": "@makitdev tell me a joke & more", "LanguageCode": "en"}]
        assert execution.arguments("Detect entities") == execution.arguments("Detect sentiment")
        assert execution.arguments("Detect language") == []

    @pytest.mark.parametrize("language", [None, "und"])
    def test_a_language_that_x_does_not_know_is_detected(self, language: str | None) -> None:
        """The likeliest, in whatever order they come."""
        languages = {"Languages": [{"LanguageCode": "pt", "Score": 0.2}, {"LanguageCode": "es", "Score": 0.7}, {"LanguageCode": "it", "Score": 0.1}]}
        execution = analyse(received(Text="@makitdev hola", Language=language), {"comprehend:detectDominantLanguage": languages})
        assert execution.arguments("Detect language") == [{"Text": "@makitdev hola"}]
        assert execution.detail["Analysis"]["Language"] == "es"
        assert execution.arguments("Detect sentiment") == [{"Text": "@makitdev hola", "LanguageCode": "es"}]

    def test_a_language_that_nobody_knows_leaves_the_text_unread(self) -> None:
        execution = analyse("MESSAGE_RECEIVED.no-language", {"comprehend:detectDominantLanguage": {"Languages": []}})
        assert execution.detail["Analysis"] == {"Language": "und", "Images": []}

    def test_a_language_that_comprehend_does_not_speak_leaves_the_text_unread(self) -> None:
        execution = analyse(received(Language="he"))
        assert execution.detail["Analysis"] == {"Language": "he", "Images": []}
        assert not any(execution.arguments(call) for call in COMPREHEND)

    @pytest.mark.parametrize("text", ["", "  \n\t"])
    def test_an_empty_text_is_not_read(self, text: str) -> None:
        execution = analyse(received(Text=text))
        assert execution.detail["Text"] == text
        assert execution.detail["Analysis"] == {"Images": []}
        assert not any(execution.arguments(call) for call in COMPREHEND)

    def test_an_empty_text_costs_no_image(self) -> None:
        found = analysis("MESSAGE_RECEIVED.empty-text")
        assert set(found) == {"Images"}
        assert found["Images"][0]["Analysis"]["CelebrityFaces"][0]["Name"] == "Keanu Reeves"

    @pytest.mark.parametrize("character", ["a", "é", "字", "😂"])
    @pytest.mark.parametrize("language", ["en", None])
    def test_a_long_text_is_read_as_far_as_comprehend_takes_it(self, character: str, language: str | None) -> None:
        text = "@makitdev " + character * 25_000
        execution = analyse(received(Text=text, Language=language))
        assert execution.detail["Text"] == text
        read = [execution.arguments(call)[0]["Text"] for call in (COMPREHEND if language is None else COMPREHEND[1:])]
        for each in read:
            assert text.startswith(each)
            assert 1250 <= len(each.encode()) <= 5000

    def test_a_message_from_elsewhere_keeps_its_source(self) -> None:
        execution = analyse("MESSAGE_RECEIVED.from-elsewhere")
        assert execution.published["Source"] == "SLACK"
        assert "Twitter" not in execution.detail

    def test_without_a_language_comprehends_failure_is_told(self) -> None:
        assert analysis("MESSAGE_RECEIVED.no-language", {"comprehend:detectDominantLanguage": THROTTLED}) == {
            "TextError": {"Error": "Comprehend.ThrottlingException", "Cause": "Rate exceeded"}, "Images": []}

    def test_without_a_sentiment_there_are_entities(self) -> None:
        assert analysis("MESSAGE_RECEIVED", {"comprehend:detectSentiment": THROTTLED}) == {
            "Language": "en", "TextEntities": [ENTITY], "Images": [],
            "TextError": {"Error": "Comprehend.ThrottlingException", "Cause": "Rate exceeded"}}

    def test_without_entities_there_is_a_sentiment(self) -> None:
        found = analysis("MESSAGE_RECEIVED.negative", {"comprehend:detectEntities": THROTTLED, "comprehend:detectSentiment": {
            **SENTIMENT, "Sentiment": "NEGATIVE"}})
        assert found["TextSentiment"] == "NEGATIVE"
        assert found["TextError"]["Error"] == "Comprehend.ThrottlingException"
        assert "TextEntities" not in found

    def test_a_long_cause_is_cut(self) -> None:
        found = analysis("MESSAGE_RECEIVED", {"comprehend:detectSentiment": ServiceError("Comprehend.InternalServerException", "x" * 32_000)})
        assert found["TextError"]["Cause"] == "x" * 500


class TestImages:
    def test_an_image_is_stored_and_seen(self) -> None:
        execution = analyse("MESSAGE_RECEIVED.with-photo")
        [image] = execution.detail["Analysis"]["Images"]
        assert (image["Url"], image["Key"]) == ("https://pbs.twimg.com/media/FdLkdCPWIAQqRkc.jpg", "FdLkdCPWIAQqRkc.jpg")
        assert [label["Name"] for label in image["Analysis"]["Labels"]] == ["Cup", "Coffee", "Saucer", "Spoon", "Table"]
        assert image["Analysis"]["Labels"][1]["Parents"] == [{"Name": "Beverage"}]
        assert image["Analysis"]["Labels"][0]["Instances"][0]["BoundingBox"]["Left"] == 0.27
        assert image["Analysis"]["TextDetections"][0]["DetectedText"] == "VAN"
        [celebrity] = image["Analysis"]["CelebrityFaces"]
        assert celebrity["Name"] == "Keanu Reeves"
        assert celebrity["Face"] == FACE
        assert image["Analysis"]["UnrecognizedFaces"] == [{"BoundingBox": FACE["BoundingBox"], "Emotions": FACE["Emotions"]}]
        seen = [execution.arguments(call)[0]["Image"] for call in ("Detect labels", "Detect text", "Recognise celebrities")]
        assert seen == [{"S3Object": {"Bucket": "media", "Name": "FdLkdCPWIAQqRkc.jpg"}}] * 3
        assert "ImageUrls" not in execution.detail

    def test_four_images_stay_in_order(self) -> None:
        event = sample("MESSAGE_RECEIVED.four-photos")
        found = analysis(event)
        assert [image["Url"] for image in found["Images"]] == event["detail"]["ImageUrls"]
        assert [image["Key"] for image in found["Images"]] == [url.rsplit("/", 1)[1] for url in event["detail"]["ImageUrls"]]

    def test_four_images_and_no_more(self) -> None:
        urls = [f"https://pbs.twimg.com/media/{number}.jpg" for number in range(9)]
        assert [image["Url"] for image in analysis(received(ImageUrls=urls))["Images"]] == urls[:4]

    def test_an_image_of_nothing_has_empty_lists(self) -> None:
        [image] = analysis("MESSAGE_RECEIVED.with-photo", {
            "rekognition:detectLabels": {"Labels": []}, "rekognition:detectText": {"TextDetections": []},
            "rekognition:recognizeCelebrities": celebrities()})["Images"]
        assert image["Analysis"] == {"Labels": [], "TextDetections": [], "CelebrityFaces": [], "UnrecognizedFaces": []}

    def test_one_image_that_fails_costs_neither_the_others_nor_the_text(self) -> None:
        def store(arguments: dict[str, Any]) -> Any:
            return raised("ImageTooLarge", "The image is too large.") if arguments["Payload"]["Url"].endswith("Rkd.jpg") else stored(arguments)

        event = sample("MESSAGE_RECEIVED.four-photos")
        found = analysis(event, {"lambda:invoke": store})
        assert found["TextSentiment"] == "NEUTRAL"
        assert [image["Url"] for image in found["Images"]] == event["detail"]["ImageUrls"]
        assert found["Images"].pop(1) == {"Url": "https://pbs.twimg.com/media/FdLkdCPWIAQqRkd.jpg", "Error": "ImageTooLarge",
                                          "Cause": "The image is too large."}
        assert all(image["Analysis"]["CelebrityFaces"] for image in found["Images"])

    def test_all_images_that_fail_cost_no_text(self) -> None:
        found = analysis("MESSAGE_RECEIVED.four-photos", {"lambda:invoke": raised("ImageRefused", "The host is not allowed.")})
        assert found["TextEntities"] == [ENTITY]
        assert [image["Error"] for image in found["Images"]] == ["ImageRefused"] * 4

    @pytest.mark.parametrize(("cause", "told"), [
        ("Task timed out", "Task timed out"),
        ("x" * 32_000, "x" * 500),
        ('{"errorMessage": "cut off by its leng', '{"errorMessage": "cut off by its leng'),
        ('{"error": "another form"}', '{"error": "another form"}'),
        ("", ""),
    ])
    def test_why_an_image_failed_is_told_whatever_form_it_has(self, cause: str, told: str) -> None:
        [image] = analysis("MESSAGE_RECEIVED.with-photo", {"lambda:invoke": ServiceError("Lambda.Unknown", cause)})["Images"]
        assert image == {"Url": "https://pbs.twimg.com/media/FdLkdCPWIAQqRkc.jpg", "Error": "Lambda.Unknown", "Cause": told}

    @pytest.mark.parametrize(("call", "missing"), [
        ("rekognition:detectLabels", {"Labels"}), ("rekognition:detectText", {"TextDetections"}),
        ("rekognition:recognizeCelebrities", {"CelebrityFaces", "UnrecognizedFaces"})])
    def test_one_service_that_fails_costs_only_its_own(self, call: str, missing: set[str]) -> None:
        [image] = analysis("MESSAGE_RECEIVED.with-photo", {call: ServiceError("Rekognition.ThrottlingException", "Slow down")})["Images"]
        assert image["Key"] == "FdLkdCPWIAQqRkc.jpg"
        assert image["Analysis"]["Error"] == "Rekognition.ThrottlingException"
        assert set(image["Analysis"]) - {"Error"} == {"Labels", "TextDetections", "CelebrityFaces", "UnrecognizedFaces"} - missing


class TestSize:
    def test_a_crowd_and_the_longest_post_fit_into_an_event(self) -> None:
        execution = analyse(crowded(sample("MESSAGE_RECEIVED.four-photos")), CROWD)
        assert size(event_of(execution.published, resources=["arn:" + 150 * "x"] * 2)) < MAX_BYTES - 8_000  # the next workflow adds to it
        assert execution.largest < MAX_BYTES

    def test_lists_and_texts_are_cut(self) -> None:
        found = analyse(crowded(sample("MESSAGE_RECEIVED.with-photo")), CROWD).detail["Analysis"]
        seen = found["Images"][0]["Analysis"]
        assert len(found["TextEntities"]) == 30
        assert {name: len(value) for name, value in seen.items()} == {
            "Labels": 15, "TextDetections": 20, "CelebrityFaces": 10, "UnrecognizedFaces": 10}
        assert {len(label["Parents"]) for label in seen["Labels"]} == {4}
        assert {len(label["Instances"]) for label in seen["Labels"]} == {2}
        assert {len(text["DetectedText"]) for text in seen["TextDetections"]} == {100}
        assert {len(each["Name"]) for each in seen["CelebrityFaces"]} == {100}
        assert {(len(each["Face"]["Landmarks"]), len(each["Face"]["Emotions"])) for each in seen["CelebrityFaces"]} == {(5, 3)}
        assert {len(face["Emotions"]) for face in seen["UnrecognizedFaces"]} == {3}

    def test_a_crowd_that_cannot_be_published_is_kept_whole(self) -> None:
        event = crowded(sample("MESSAGE_RECEIVED.four-photos"))
        execution = run("analyse_message", event, {**CROWD, "events:putEvents": BUS_DOWN, "sqs:sendMessage": KEPT})
        assert execution.dead_letter == event
        assert size(execution.arguments("sqs:sendMessage")[0]) < MAX_BYTES


class TestClaim:
    def test_a_message_is_claimed_for_two_weeks(self, claims: Table) -> None:
        execution = analyse("MESSAGE_RECEIVED")
        assert claims.item(MESSAGE) == {"ClaimedBy": execution.id, "ExpiresAt": 1795608000 + 14 * 86400}

    def test_a_duplicate_costs_nothing_but_its_claim(self) -> None:
        analyse("MESSAGE_RECEIVED.with-photo")
        again = run("analyse_message", "MESSAGE_RECEIVED.with-photo")
        assert (again.status, again.states[-1]) == ("SUCCEEDED", "Already claimed")
        assert [call.name for call in again.calls] == ["dynamodb:putItem"]

    def test_an_execution_that_express_starts_twice_is_let_through(self) -> None:
        analyse("MESSAGE_RECEIVED", name="the-same")
        analyse("MESSAGE_RECEIVED", name="the-same")

    def test_a_replay_of_what_was_never_analysed_counts_as_new(self, claims: Table) -> None:
        execution = analyse("MESSAGE_RECEIVED.replayed")
        assert execution.detail["ReplayName"] == REPLAY
        assert "Again" not in execution.detail
        assert claims.keys == {MESSAGE}

    def test_a_replay_of_what_was_analysed_says_again(self, claims: Table) -> None:
        assert "Again" not in analyse("MESSAGE_RECEIVED").detail
        again = analyse("MESSAGE_RECEIVED.replayed")
        assert (again.detail["ReplayName"], again.detail["Again"]) == (REPLAY, True)
        assert claims.keys == {MESSAGE, f"{MESSAGE}#{REPLAY}"}

    def test_what_is_published_for_a_replay_is_the_sample(self) -> None:
        analyse("MESSAGE_RECEIVED")
        assert analyse("MESSAGE_RECEIVED.replayed").detail == sample("MESSAGE_ANALYSED.replayed")["detail"]

    def test_a_replay_that_is_delivered_twice_is_analysed_once(self) -> None:
        analyse("MESSAGE_RECEIVED")
        analyse("MESSAGE_RECEIVED.replayed")
        third = run("analyse_message", "MESSAGE_RECEIVED.replayed")
        assert (third.status, third.states[-1]) == ("SUCCEEDED", "Already claimed")
        assert [call.name for call in third.calls] == ["dynamodb:putItem"] * 2

    def test_every_replay_is_analysed(self) -> None:
        analyse("MESSAGE_RECEIVED")
        for name in ("first", "second"):
            assert analyse({**sample("MESSAGE_RECEIVED"), "replay-name": name}).detail["ReplayName"] == name

    def test_a_late_duplicate_of_a_replayed_message_is_one(self) -> None:
        analyse("MESSAGE_RECEIVED.replayed")
        assert run("analyse_message", "MESSAGE_RECEIVED").states[-1] == "Already claimed"


def failing(event: str | dict[str, Any], answers: dict[str, Answer], **more: Any) -> Execution:
    """Runs the workflow, which has to end so that its alarm rings."""
    execution = run("analyse_message", event, answers, **more)
    assert (execution.status, execution.error, execution.states[-1]) == ("FAILED", "AnalysisFailed", "Analysis failed")
    return execution


class TestFailure:
    @pytest.fixture
    def unpublished(self) -> dict[str, Answer]:
        return {"Publish MESSAGE_ANALYSED": BUS_DOWN, "Publish MESSAGE_ANALYSIS_FAILED": PUBLISHED}

    def test_a_message_that_cannot_be_analysed_is_announced(self, unpublished: dict[str, Answer]) -> None:
        execution = failing("MESSAGE_RECEIVED.with-photo", unpublished)
        entry = execution.entries[-1]
        assert (entry["DetailType"], entry["Source"]) == ("MESSAGE_ANALYSIS_FAILED", "TWITTER")
        assert entry["Detail"] == {**sample("MESSAGE_RECEIVED.with-photo")["detail"], "Error": BUS_DOWN.name, "Cause": BUS_DOWN.cause}
        assert execution.arguments("sqs:sendMessage") == []

    def test_a_replayed_one_says_so(self, unpublished: dict[str, Answer]) -> None:
        assert failing("MESSAGE_RECEIVED.replayed", unpublished).entries[-1]["Detail"]["ReplayName"] == REPLAY

    def test_its_claim_is_given_up(self, claims: Table, unpublished: dict[str, Answer]) -> None:
        failing("MESSAGE_RECEIVED", unpublished)
        assert claims.keys == set()
        assert "Again" not in analyse("MESSAGE_RECEIVED.replayed").detail

    def test_the_claim_of_a_replay_is_given_up_and_not_the_first(self, claims: Table, unpublished: dict[str, Answer]) -> None:
        analyse("MESSAGE_RECEIVED")
        failing("MESSAGE_RECEIVED.replayed", unpublished)
        assert claims.keys == {MESSAGE}
        assert analyse("MESSAGE_RECEIVED.replayed").detail["Again"] is True

    def test_a_replays_first_claim_is_given_up_by_its_own_key(self, claims: Table, unpublished: dict[str, Answer]) -> None:
        failing("MESSAGE_RECEIVED.replayed", unpublished)
        assert claims.keys == set()

    def test_a_claim_whose_answer_was_lost_is_given_up(self, claims: Table) -> None:
        def claimed(arguments: dict[str, Any]) -> ServiceError:
            claims.put(MESSAGE, ClaimedBy=arguments["Item"]["ClaimedBy"]["S"])
            return TIMED_OUT

        execution = failing("MESSAGE_RECEIVED", {"Claim message": claimed})
        assert execution.published["DetailType"] == "MESSAGE_ANALYSIS_FAILED"
        assert claims.keys == set()

    def test_the_claim_of_another_is_not_given_up(self, claims: Table) -> None:
        claims.put(MESSAGE, ClaimedBy="another execution")
        execution = failing("MESSAGE_RECEIVED", {"Claim message": DOWN})
        assert claims.item(MESSAGE) == {"ClaimedBy": "another execution"}
        assert execution.detail["Error"] == "States.Timeout"

    def test_put_back_it_takes_over_a_claim_that_could_not_be_given_up(self, claims: Table) -> None:
        first = failing("MESSAGE_RECEIVED", {"events:putEvents": BUS_DOWN, "Give up claim": DOWN, "sqs:sendMessage": KEPT})
        assert claims.keys == {MESSAGE}
        assert run("analyse_message", {**first.dead_letter, "redriven-from": "another execution"}).states[-1] == "Already claimed"
        second = analyse({**first.dead_letter, "redriven-from": first.reason["EXECUTION_ARN"]})
        assert "Again" not in second.detail
        assert (claims.item(MESSAGE) or {})["ClaimedBy"] == second.id

    def test_without_its_claims_table_a_message_is_announced_as_failed(self) -> None:
        throttled = ServiceError("DynamoDB.ThrottlingException")
        execution = failing("MESSAGE_RECEIVED", {"dynamodb:putItem": throttled, "dynamodb:deleteItem": throttled})
        assert execution.detail["Error"] == "DynamoDB.ThrottlingException"
        assert not any(execution.arguments(call) for call in COMPREHEND)

    def test_a_replay_that_cannot_be_claimed_is_announced_as_failed(self, claims: Table) -> None:
        analyse("MESSAGE_RECEIVED")
        execution = failing("MESSAGE_RECEIVED.replayed", {"Claim message for the replay": DOWN})
        assert (execution.published["DetailType"], execution.detail["ReplayName"]) == ("MESSAGE_ANALYSIS_FAILED", REPLAY)
        assert claims.keys == {MESSAGE}

    def test_without_a_bus_the_very_event_waits_in_the_dead_letter_queue(self, claims: Table) -> None:
        execution = failing("MESSAGE_RECEIVED.replayed", {"events:putEvents": BUS_DOWN, "sqs:sendMessage": KEPT})
        assert execution.dead_letter == sample("MESSAGE_RECEIVED.replayed")
        reason = execution.reason
        assert (reason["ERROR_CODE"], reason["ERROR_MESSAGE"]) == (BUS_DOWN.name, f"{BUS_DOWN.name}: {BUS_DOWN.cause}")
        assert reason["TARGET_ARN"].endswith(":stateMachine:analyse_message")
        assert claims.keys == set()
        assert analyse(execution.dead_letter).detail["MessageId"] == MESSAGE

    @pytest.mark.parametrize("detail", [{"Text": 42}, {"MessageId": None}])
    def test_a_malformed_message_is_announced(self, detail: dict[str, Any], claims: Table) -> None:
        """Whoever published it broke the contract; it is seen to all the same."""
        event = received(**detail)
        execution = failing(event, {}, by_schema=False)
        assert execution.published["DetailType"] == "MESSAGE_ANALYSIS_FAILED"
        assert execution.detail == {**event["detail"], "Error": "States.QueryEvaluationError", "Cause": execution.detail["Cause"]}
        assert claims.keys == set()
