"""What AWS tells of the application's parts."""

from collections.abc import Iterator

from tools.doctor.findings import FINE, PROBLEM, Finding, Patient
from tools.letter_box import boxes

BUILT = ("Built", "ReadyExpressTesting")
LOOK = (  # by the end of an alarm's name; docs/operations.md has a row for each
    ("DeadLetterAlarm", "dead-letters show {service}"), ("Failures", "events tail --since 1h"), ("TimeOuts", "events tail --since 1h"),
    ("Errors", "events tail --since 1h"))


def bot(patient: Patient) -> Iterator[Finding]:
    """Whether the bot's languages are built, in the version that is live."""
    for _, _, physical_id in patient.of_type("AWS::Lex::BotAlias"):
        alias_id, _, bot = physical_id.partition("|")
        lex = patient.stack.client("lexv2-models")
        alias = lex.describe_bot_alias(botId=bot, botAliasId=alias_id)
        for locale in alias["botAliasLocaleSettings"]:
            found = lex.describe_bot_locale(botId=bot, botVersion=alias["botVersion"], localeId=locale)
            if found["botLocaleStatus"] in BUILT:
                yield Finding("bot", FINE, f"The bot's locale {locale} is built.")
            else:
                why = "; ".join(found.get("failureReasons") or [])
                yield Finding("bot", PROBLEM, f"The bot's locale {locale} is {found['botLocaleStatus']}{f': {why}' if why else ''}.",
                              f"aws lexv2-models build-bot-locale --bot-id {bot} --bot-version DRAFT --locale-id {locale}, then sam deploy")


def subscribers(patient: Patient) -> Iterator[Finding]:
    """Whether everybody who is to hear of something has agreed to, and somebody hears of alarms."""
    for _, name, topic in patient.of_type("AWS::SNS::Topic"):
        pages = patient.stack.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        subscriptions = [each for page in pages for each in page["Subscriptions"]]
        pending = [each for each in subscriptions if not each["SubscriptionArn"].startswith("arn:")]
        for each in pending:
            yield Finding("subscribers", PROBLEM, f"{each['Endpoint']} has not confirmed its subscription to {name}; asked again:",
                          f"aws sns subscribe --topic-arn {topic} --protocol {each['Protocol']} --notification-endpoint {each['Endpoint']}")
        if not subscriptions and name == "OperationsTopic":
            yield Finding("subscribers", PROBLEM, "Nobody hears of alarms.",
                          f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint YOU@EXAMPLE.COM")
        elif not subscriptions:
            yield Finding("subscribers", FINE, f"{name} has no subscriber.")
        elif not pending:
            yield Finding("subscribers", FINE, f"{name}: {len(subscriptions)} confirmed.")


def queues(patient: Patient) -> Iterator[Finding]:
    """Whether anything did not arrive."""
    waiting = {box.service: sum(box.depth()) for box in boxes(patient.stack)}
    for service, letters in waiting.items():
        if letters:
            yield Finding("queues", PROBLEM, f"{letters} dead letter{'s' * (letters > 1)} of {service}.",
                          f"{patient.tool(f'dead-letters show {service}')}, mend the cause, then {patient.tool(f'dead-letters redrive {service}')}")
    if not any(waiting.values()):
        yield Finding("queues", FINE, f"All {len(waiting)} dead-letter queues are empty.")


def alarms(patient: Patient) -> Iterator[Finding]:
    """Whether an alarm rings; one that has no data yet does not."""
    named = {physical_id: (service.name, name) for service, name, physical_id in patient.of_type("AWS::CloudWatch::Alarm")}
    pages = patient.stack.client("cloudwatch").get_paginator("describe_alarms").paginate(StateValue="ALARM", AlarmTypes=["MetricAlarm"])
    ringing = [alarm for page in pages for alarm in page["MetricAlarms"] if alarm["AlarmName"] in named]
    for alarm in ringing:
        service, name = named[alarm["AlarmName"]]
        look = next((words.format(service=service) for end, words in LOOK if name.endswith(end)), "")
        yield Finding("alarms", PROBLEM, f"{service} {name}: {alarm.get('AlarmDescription', '')}",
                      patient.tool(look) if look else f"aws cloudwatch describe-alarm-history --alarm-name {alarm['AlarmName']}")
    if not ringing:
        yield Finding("alarms", FINE, f"None of {len(named)} alarms is in ALARM.")


def logs(patient: Patient) -> Iterator[Finding]:
    """Whether the logs are kept as long as they should be."""
    groups, wanted = patient.of_type("AWS::Logs::LogGroup"), patient.stack.parameters.get("LogRetentionDays")
    wrong = 0
    for _, name, group in groups:
        listed = patient.stack.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        found = next((each for each in listed if each["logGroupName"] == group), None)
        if found is None:
            yield Finding("logs", PROBLEM, f"{name} is gone: what writes to it fails.", f"aws logs create-log-group --log-group-name {group}")
        elif str(found.get("retentionInDays")) != (wanted or str(found.get("retentionInDays"))) or "retentionInDays" not in found:
            days = f"for {found['retentionInDays']} days" if "retentionInDays" in found else "for ever"
            yield Finding("logs", PROBLEM, f"{name} is kept {days}, not for {wanted or 30} days.",
                          f"aws logs put-retention-policy --log-group-name {group} --retention-in-days {wanted or 30}")
        else:
            continue
        wrong += 1
    if not wrong:
        yield Finding("logs", FINE, f"All {len(groups)} log groups forget in time.")


def lake(patient: Patient) -> Iterator[Finding]:
    """Whether the lake's tables are there."""
    glue, tables = patient.stack.client("glue"), patient.of_type("AWS::Glue::Table")
    missing = 0
    for service, name, table in tables:
        [database] = service.named("AWS::Glue::Database").values()
        try:
            glue.get_table(DatabaseName=database, Name=table.rpartition("|")[2])
        except glue.exceptions.EntityNotFoundException:
            missing += 1
            yield Finding("lake", PROBLEM, f"The lake has no table {name} ({database}.{table}).", "sam deploy")
    if not missing:
        yield Finding("lake", FINE, f"The lake has its {len(tables)} tables.")
