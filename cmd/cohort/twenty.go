package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/twenty"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

// wellKnown is where the first member of the service listens, and where clients
// look for it, unless they are told otherwise.
const wellKnown = "127.0.0.1:7420"

// seekFor is how long commands look for the system that their seeds lead into.
const seekFor = 5 * time.Second

func newTwentyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "twenty",
		Short: "the twenty-questions service of the 1987 Isis paper",
		Long: `The twenty-questions service of section 5 of "Exploiting Virtual Synchrony in
Distributed Systems" (1987). Its members hold a table each; they divide every question
among them and answer it together: yes, no or sometimes. Members may come, and be killed,
at any time.`,
		Example: `  cohort twenty serve                             in a first terminal: the first member
  cohort twenty serve --seeds 127.0.0.1:7420      in others: more members
  cohort twenty ask 'mpg > 30' '*year < 1975'     in yet another one: questions
  cohort twenty play                              guess the maker of a car`,
		Args: command,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newServeCommand(), newAskCommand(), newUpdateCommand(), newTableCommand(), newPlayCommand(),
		newBenchCommand(), newLoadCommand(),
	)
	return cmd
}

// dataset makes the table that --data names.
func dataset(name string) (*twenty.Table, error) {
	switch name {
	case "paper":
		return twenty.Paper(), nil
	case "cars":
		return twenty.Cars(), nil
	}
	return nil, usagef("--data is paper or cars, not %q", name)
}

// addSeeds adds the flag of all clients.
func addSeeds(cmd *cobra.Command, seeds *[]string) {
	cmd.Flags().StringSliceVar(seeds, "seeds", []string{wellKnown}, "addresses of members of the service; one that runs is enough")
}

// nodeFlags are the flags that become fields of a node's configuration.
var nodeFlags = map[string]string{
	"Name": "name", "Listen": "listen", "Seeds": "seeds", "Expect": "expect",
	"MinWeight": "min-weight", "HaltAfter": "halt-after", "Status": "status",
}

// wrongFlag turns what is wrong with a configuration into what is wrong with a flag.
func wrongFlag(err error) error {
	if wrong, ok := errors.AsType[*cohort.ConfigError](err); ok && nodeFlags[wrong.Field] != "" {
		return usagef("--%s %s", nodeFlags[wrong.Field], wrong.What)
	}
	return err
}

// client is a node without a vote and a client of the service on it.
type client struct {
	*service.Client
	node *cohort.Node
}

// dialService joins the system that the seeds lead into, as a mere client.
func dialService(ctx context.Context, seeds []string, trace io.Writer) (*client, error) {
	seeking, cancel := context.WithTimeout(ctx, seekFor)
	defer cancel()
	node, err := cohort.Start(seeking, cohort.Config{Seeds: seeds, NoVote: true, Trace: trace})
	if err != nil {
		if _, ok := errors.AsType[*cohort.SeedError](err); ok {
			return nil, fmt.Errorf("no service found; start one with 'cohort twenty serve', or name a member with --seeds: %w", err)
		}
		return nil, wrongFlag(err)
	}
	c, err := service.Dial(seeking, node)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the system at %v has no twenty-questions service: %w", seeds, err), node.Close())
	}
	return &client{Client: c, node: node}, nil
}

// leave takes the client's node out of the system in order.
func (c *client) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), seekFor)
	defer cancel()
	return c.node.Leave(ctx)
}

// withService runs f with a client, and leaves.
func withService(cmd *cobra.Command, seeds []string, f func(context.Context, *client) error) error {
	c, err := dialService(cmd.Context(), seeds, nil)
	if err != nil {
		return err
	}
	return errors.Join(f(cmd.Context(), c), c.leave())
}
