demo test:
	@python3 dev.py $@
.PHONY: demo test
