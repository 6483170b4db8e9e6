# What people type. Continuous integration runs .ci/run, which calls the same
# scripts; `make check test` before a commit is enough for most of them.

GO   ?= go
LINT  = $(GO) tool -modfile=tools/go.mod golangci-lint

# For `make fuzz`, `make sim`, `make worlds` and `make torture`.
FUZZTIME ?= 60s
SECONDS  ?= 60
SEEDS    ?= 200
FAULTS   ?= chaos
WORLDS   ?= all
STATES   ?= 1000000

.DEFAULT_GOAL := help
.PHONY: help build test check fmt lint house race fuzz sim worlds metamorphic big torture cost model peers paper picture cover tidy

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build all packages, and the commands into bin/
	$(GO) build ./...
	@if [ -d cmd ]; then $(GO) build -trimpath -o bin/ ./cmd/...; fi

test: ## run all tests
	$(GO) test ./...

check: ## vet, house tests, go.mod and all linters; changes nothing
	$(GO) vet ./...
	$(GO) test ./internal/house
	$(GO) mod tidy -diff
	$(LINT) run

fmt: ## format all Go files
	$(LINT) fmt

lint: ## run the linters alone (the first run builds them: some minutes)
	scripts/lint

house: ## run the tests of the repository itself
	$(GO) test ./internal/house

race: ## run the tests under the race detector where there are goroutines
	scripts/race

fuzz: ## fuzz all targets, FUZZTIME=60s in total
	scripts/fuzz $(FUZZTIME)

sim: ## run the simulator over SEEDS=200 seeds with FAULTS=chaos
	scripts/sim $(SEEDS) $(FAULTS)

worlds: ## search tiny worlds, each up to STATES=1000000; WORLDS=quick or names for some
	$(GO) run ./internal/explore/cmd -worlds $(WORLDS) -states $(STATES)

metamorphic: ## run one workload in worlds that must not differ
	$(GO) test ./internal/metamorph -count=1 -v

big: ## simulate 300 sites and 1000 groups for a minute (some minutes)
	$(GO) run ./cmd/cohort big

torture: ## torment real processes for SECONDS=60
	scripts/torture $(SECONDS)

cost: ## count what a message costs, and fail if it is more than the history says
	scripts/cost check

model: ## check the models of the design within their large bounds (some minutes)
	$(GO) run ./internal/model/cmd

peers: ## compare Cohort with other systems (some minutes); writes docs/bench
	cd bench && $(GO) run .

paper: ## repeat the 1987 paper's evaluation (a minute); writes docs/bench/paper*
	$(GO) run ./cmd/cohort bench paper --out docs/bench
	cd bench && $(GO) run . -paper ../docs/bench/paper.json

picture: ## draw docs/img/crash.svg anew, from its story
	$(GO) test ./cmd/cohort -run TestCrashPicture -update

cover: ## measure coverage, by package and as cover/index.html
	@mkdir -p cover
	$(GO) test -coverpkg=./... -coverprofile=cover/profile.out ./...
	$(GO) tool cover -func=cover/profile.out | tail -1
	$(GO) tool cover -html=cover/profile.out -o cover/index.html

tidy: ## tidy every module of the repository
	for mod in $$(git ls-files 'go.mod' '*/go.mod'); do $(GO) mod tidy -C $$(dirname $$mod) || exit; done
