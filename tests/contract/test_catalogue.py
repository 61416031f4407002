"""The events' catalogue and the picture of the flow are those of the templates."""

from tools import catalogue


def test_the_page_of_events_is_rendered_from_the_templates() -> None:
    assert catalogue.DOCUMENT.read_text() == catalogue.document(), "run: python -m tools catalogue"


def test_the_picture_in_the_readme_is_rendered_from_the_templates() -> None:
    assert catalogue.README.read_text() == catalogue.readme(), "run: python -m tools catalogue"


def test_every_event_has_a_publisher() -> None:
    assert [detail_type for detail_type, names in catalogue.publishers().items() if not names] == []


def test_the_main_path_is_in_the_picture() -> None:
    for arrow in ("ingress -- MESSAGE_RECEIVED --> analysis", "analysis -- MESSAGE_ANALYSED --> responding",
                  "analysis -- MESSAGE_ANALYSED --> alerting", "responding -- SEND_TWEET --> egress"):
        assert arrow in catalogue.picture()
