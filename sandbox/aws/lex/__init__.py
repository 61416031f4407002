"""Lex V2 bots, apart from any wire protocol: what CloudFormation deployed, what an utterance means, and how a conversation goes on."""
