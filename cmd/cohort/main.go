// Command cohort shows what the groups of package cohort do.
//
//	cohort demo    a service that loses a process, and nobody notices
//	cohort twenty  the same service by hand
//
// It exits with 0 when done, with 1 when something failed or a promise was
// broken, and with 2 when it was called wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its exit code. The first interrupt ends ctx, the second the
// process.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return exit(cmd, err)
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "cohort",
		Short: "groups of processes that agree on who is in them and on what they saw",
		Long: `cohort shows the groups of the library github.com/cohortkit/cohort at work.

It exits with 0 when done, 1 when something failed or a promise was broken, and
2 when it was called wrongly.`,
		Example: `  cohort demo
  cohort twenty serve`,
		Args:          command,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usagef("%v", err) })
	root.AddCommand(newDemoCommand(), newTwentyCommand())
	return root
}

// usageError says that the command was called wrongly, and how to call it.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errReported is a failure of which the command has said everything.
var errReported = errors.New("reported")

// exit tells the user of an error, if there is one, and returns the exit code.
func exit(cmd *cobra.Command, err error) int {
	var wrong *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &wrong):
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s; see %s --help\n", cmd.CommandPath(), wrong.text, cmd.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", cmd.CommandPath(), plain(err))
		return exitFailed
	}
}

// plain is the text of an error without the name of the package it is from,
// which means nothing to users of a command.
func plain(err error) string {
	return strings.TrimPrefix(err.Error(), "twenty: ")
}

// command refuses the names of commands that there are not. It is for commands
// that have only others below them.
func command(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("no command %q", args[0])
	}
	return nil
}

// noArgs is for commands that take flags only.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("takes flags only, and %q is none", args[0])
	}
	return nil
}

// thousands writes n with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
