"""Comprehend as boto3 sees it: every answer and every error is held against botocore's model."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.embedded_aws import REGION
from tests.sandbox.conftest import Account
from tests.text.shapes import checked


@pytest.fixture(scope="module")
def comprehend(account: Account) -> Any:
    return checked(account.client("comprehend"))


@pytest.fixture(scope="module")
def careless(account: Account) -> Any:
    """A client that sends what boto3 would refuse itself."""
    return checked(boto3.client("comprehend", endpoint_url=account.endpoint, region_name=REGION, aws_access_key_id="test",
                                aws_secret_access_key="test", config=Config(parameter_validation=False, retries={"max_attempts": 1})))


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


class TestSentiment:
    @pytest.mark.parametrize(("text", "language", "sentiment"), [
        ("I love this, thank you so much! 😍", "en", "POSITIVE"),
        ("this is the worst service ever", "en", "NEGATIVE"),
        ("the shop opens at ten", "en", "NEUTRAL"),
        ("please tell me a joke", "en", "NEUTRAL"),
        ("I love the song but I hate the video", "en", "MIXED"),
        ("Me encanta esta canción", "es", "POSITIVE"),
        ("Das Essen war schrecklich", "de", "NEGATIVE"),
        ("no me gusta nada", "es", "NEGATIVE"),
        ("我很喜欢这首歌", "zh", "POSITIVE"),
        ("商店幾點開門", "zh-TW", "NEUTRAL"),
        ("商店 💔", "zh-TW", "NEGATIVE"),
    ])
    def test_a_text_is_judged(self, comprehend: Any, text: str, language: str, sentiment: str) -> None:
        answer = comprehend.detect_sentiment(Text=text, LanguageCode=language)
        assert answer["Sentiment"] == sentiment
        assert sum(answer["SentimentScore"].values()) == pytest.approx(1)
        assert max(answer["SentimentScore"], key=lambda name: answer["SentimentScore"][name]).upper() == sentiment

    def test_other_languages_are_judged_with_less_confidence(self, comprehend: Any) -> None:
        scores = [comprehend.detect_sentiment(Text=text, LanguageCode=language)["SentimentScore"]["Positive"]
                  for text, language in (("wonderful, fantastic, I love it", "en"), ("maravilloso, fantástico, me encanta", "es"))]
        assert scores[0] > scores[1]

    def test_no_verdict_is_not_sold_as_a_sure_one(self, comprehend: Any) -> None:
        assert comprehend.detect_sentiment(Text="商店幾點開門", LanguageCode="zh-TW")["SentimentScore"]["Neutral"] < 0.7


class TestLanguage:
    @pytest.mark.parametrize(("text", "code"), [
        ("where is the nearest station please", "en"), ("¿dónde está la estación más cercana?", "es"), ("wo ist der nächste Bahnhof", "de"),
        ("这个商店几点开门", "zh"), ("這個商店幾點開門", "zh-TW"), ("@nobody https://example.com/the/of où est la gare", "fr")])
    def test_a_language_is_told(self, comprehend: Any, text: str, code: str) -> None:
        languages = comprehend.detect_dominant_language(Text=text)["Languages"]
        assert languages[0]["LanguageCode"] == code
        assert [each["Score"] for each in languages] == sorted((each["Score"] for each in languages), reverse=True)

    def test_a_text_of_nothing_but_a_link_has_a_language_of_little_score(self, comprehend: Any) -> None:
        assert comprehend.detect_dominant_language(Text="https://example.com/a")["Languages"][0]["Score"] < 0.9


class TestEntities:
    def test_offsets_are_of_characters_and_not_of_bytes_or_half_surrogates(self, comprehend: Any) -> None:
        text = "😀 é @anna paid £20 in Paris on 3 May 2024, see https://example.com."
        found = comprehend.detect_entities(Text=text, LanguageCode="en")["Entities"]
        assert [(each["Type"], each["Text"]) for each in found] == [
            ("PERSON", "@anna"), ("QUANTITY", "£20"), ("LOCATION", "Paris"), ("DATE", "3 May 2024"), ("OTHER", "https://example.com")]
        assert all(text[each["BeginOffset"]:each["EndOffset"]] == each["Text"] for each in found)

    @pytest.mark.parametrize(("text", "entity", "kind"), [
        ("Angela Merkel was here", "Angela Merkel", "PERSON"), ("we flew to New York yesterday", "New York", "LOCATION"),
        ("I work for Google now", "Google", "ORGANIZATION"), ("my iPhone 15 Pro is new", "iPhone 15 Pro", "COMMERCIAL_ITEM"),
        ("the Berlin Marathon is on", "Berlin Marathon", "EVENT"), ("it costs 20%", "20%", "QUANTITY"), ("see you on Monday", "Monday", "DATE"),
        ("#love it", "#love", "OTHER")])
    def test_every_type_that_is_promised_is_found(self, comprehend: Any, text: str, entity: str, kind: str) -> None:
        assert (entity, kind) in [(each["Text"], each["Type"]) for each in comprehend.detect_entities(Text=text, LanguageCode="en")["Entities"]]

    def test_rules_for_english_names_leave_other_languages_alone(self, comprehend: Any) -> None:
        found = comprehend.detect_entities(Text="heute hat Anna Schöne Blumen gekauft, 20 %", LanguageCode="de")["Entities"]
        assert [each["Type"] for each in found] == ["QUANTITY"]


class TestPersonalData:
    @pytest.mark.parametrize(("text", "kind", "what"), [
        ("card 4111-1111-1111-1111", "CREDIT_DEBIT_NUMBER", "4111-1111-1111-1111"),
        ("expires 04/29", "CREDIT_DEBIT_EXPIRY", "04/29"),
        ("cvv: 123", "CREDIT_DEBIT_CVV", "123"),
        ("IBAN GB82 WEST 1234 5698 7654 32", "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "GB82 WEST 1234 5698 7654 32"),
        ("mail jo@example.org now", "EMAIL", "jo@example.org"),
        ("ring 020 7946 0018", "PHONE", "020 7946 0018"),
        ("at 192.0.2.1", "IP_ADDRESS", "192.0.2.1"),
        ("at 2001:db8::1", "IP_ADDRESS", "2001:db8::1"),
        ("ssn 536-90-4399", "SSN", "536-90-4399"),
        ("AKIAIOSFODNN7EXAMPLE", "AWS_ACCESS_KEY", "AKIAIOSFODNN7EXAMPLE"),
        ("secret key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_SECRET_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("NHS number 943 476 5919", "UK_NATIONAL_HEALTH_SERVICE_NUMBER", "943 476 5919"),
        ("vin 1M8GDM9AXKP042788", "VEHICLE_IDENTIFICATION_NUMBER", "1M8GDM9AXKP042788"),
        ("password: correcthorse", "PASSWORD", "correcthorse"),
        ("aged 41", "AGE", "41"),
        ("she is 41 years old", "AGE", "41 years old"),
        ("my name is Zoë Müller", "NAME", "Zoë Müller"),
        ("at 10 Downing Street, London SW1A 2AA", "ADDRESS", "10 Downing Street, London SW1A 2AA"),
        ("www.example.com!", "URL", "www.example.com")])
    def test_it_is_found_to_the_character(self, comprehend: Any, text: str, kind: str, what: str) -> None:
        [found] = comprehend.detect_pii_entities(Text="🙂 " + text, LanguageCode="en")["Entities"]
        assert found["Type"] == kind
        assert ("🙂 " + text)[found["BeginOffset"]:found["EndOffset"]] == what

    @pytest.mark.parametrize(("text", "kind"), [
        ("card 4111-1111-1111-1112", "CREDIT_DEBIT_NUMBER"), ("IBAN GB83 WEST 1234 5698 7654 32", "INTERNATIONAL_BANK_ACCOUNT_NUMBER"),
        ("at 999.0.2.1", "IP_ADDRESS"), ("ssn 666-12-3456", "SSN"), ("vin 1M8GDM9A1KP042788", "VEHICLE_IDENTIFICATION_NUMBER"),
        ("NHS number 943 476 5918", "UK_NATIONAL_HEALTH_SERVICE_NUMBER"), ("version 1.2.3", "IP_ADDRESS")])
    def test_a_number_whose_check_digits_are_wrong_is_none(self, comprehend: Any, text: str, kind: str) -> None:
        assert kind not in [each["Type"] for each in comprehend.detect_pii_entities(Text=text, LanguageCode="en")["Entities"]]

    def test_kinds_alone_can_be_asked_for(self, comprehend: Any) -> None:
        labels = comprehend.contains_pii_entities(Text="a@example.com b@example.com 192.0.2.1", LanguageCode="es")["Labels"]
        assert sorted(label["Name"] for label in labels) == ["EMAIL", "IP_ADDRESS"]


class TestBatches:
    def test_each_text_has_its_answer_or_its_error(self, comprehend: Any) -> None:
        answer = comprehend.batch_detect_sentiment(TextList=["I love it", " ", "x" * 5001, "I hate it"], LanguageCode="en")
        assert [(each["Index"], each["Sentiment"]) for each in answer["ResultList"]] == [(0, "POSITIVE"), (3, "NEGATIVE")]
        assert [(each["Index"], each["ErrorCode"]) for each in answer["ErrorList"]] == [(1, "INVALID_REQUEST"), (2, "TEXT_SIZE_LIMIT_EXCEEDED")]

    def test_languages_and_entities_come_in_batches_too(self, comprehend: Any) -> None:
        languages = comprehend.batch_detect_dominant_language(TextList=["where is it", "wo ist es denn"])["ResultList"]
        assert [each["Languages"][0]["LanguageCode"] for each in languages] == ["en", "de"]
        [result] = comprehend.batch_detect_entities(TextList=["in Paris"], LanguageCode="fr")["ResultList"]
        assert result["Entities"][0]["Text"] == "Paris"

    def test_more_than_25_are_refused(self, comprehend: Any) -> None:
        code, _ = refused(comprehend.batch_detect_sentiment, TextList=["a"] * 26, LanguageCode="en")
        assert code == "BatchSizeLimitExceededException"


class TestRefusals:
    @pytest.mark.parametrize("operation", ["detect_sentiment", "detect_entities", "detect_pii_entities"])
    def test_an_empty_text_and_an_unknown_language_are_refused_together(self, careless: Any, operation: str) -> None:
        code, message = refused(getattr(careless, operation), Text="", LanguageCode="tlh")
        assert code == "ValidationException"
        assert message.startswith("2 validation errors detected: Value at 'text' failed to satisfy constraint: Member must have length greater than")
        assert "; Value 'tlh' at 'languageCode' failed to satisfy constraint: Member must satisfy enum value set: [" in message

    def test_a_missing_text_is_refused(self, careless: Any) -> None:
        assert refused(careless.detect_dominant_language) == (
            "ValidationException", "1 validation error detected: Value null at 'text' failed to satisfy constraint: Member must not be null")

    def test_personal_data_is_found_in_english_and_spanish_only(self, careless: Any) -> None:
        code, message = refused(careless.detect_pii_entities, Text="a", LanguageCode="fr")
        assert (code, "[en, es]" in message) == ("ValidationException", True)

    @pytest.mark.parametrize(("operation", "limit"), [("detect_sentiment", 5_000), ("detect_entities", 100_000), ("detect_pii_entities", 100_000)])
    def test_a_text_has_its_operations_size_in_bytes(self, comprehend: Any, operation: str, limit: int) -> None:
        getattr(comprehend, operation)(Text="é" * (limit // 2), LanguageCode="en")
        assert refused(getattr(comprehend, operation), Text="é" * (limit // 2) + "x", LanguageCode="en") == (
            "TextSizeLimitExceededException", f"Input text size exceeds limit. Max length of request text allowed is {limit} bytes"
                                              f" while in this request the text size is {limit + 1} bytes")

    def test_a_text_without_a_word_is_refused(self, comprehend: Any) -> None:
        assert refused(comprehend.detect_entities, Text=" \n", LanguageCode="en")[0] == "InvalidRequestException"

    def test_an_operation_that_is_not_there_says_so(self, account: Account) -> None:
        code, message = refused(account.client("comprehend").detect_key_phrases, Text="a", LanguageCode="en")
        assert (code, "DetectKeyPhrases" in message) == ("UnknownOperationException", True)
