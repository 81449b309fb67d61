# Targets that test; included by the top Makefile.

.PHONY: check
check: $(UNIT_TESTS) $(SIM_TESTS) ## host tests: units and simulator, under sanitizers
	@set -e; for t in $(UNIT_TESTS) $(SIM_TESTS); do echo "== $$t"; $$t; done
