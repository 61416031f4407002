"""What every microservice owes, as rules of cfn-lint's: `.cfnlintrc` names them, so that editors, `cfn-lint` and `make lint` apply them."""
