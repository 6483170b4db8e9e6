// Command cohort shows, runs and checks what the toolkit does. Its subcommands
// tell about themselves with --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // it went wrong, or a promise was broken
	exitUsage  = 2 // unknown command, flag or argument
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run runs one command and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	began := false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	cmd, err := root.ExecuteContextC(ctx)
	var wrong *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case !began || errors.As(err, &wrong):
		fmt.Fprintf(stderr, "cohort: %v\nTry '%s --help'.\n", err, cmd.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(stderr, "cohort: %v\n", err)
	return exitFailed
}

// usageError says that a command was called in a wrong way, where only the
// command itself can know: exit code 2.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errReported ends a command that has said itself what went wrong: exit code 1.
var errReported = errors.New("reported")

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "cohort",
		Short: "Groups that survive: virtual synchrony for Go",
		Long: `Cohort is a virtual synchrony toolkit for Go, after Isis: process groups with agreed
views, ordered multicast, calls, and state transfer. This command shows it at work.`,
		Example: `  cohort demo              a service of four processes loses one, and nobody notices
  cohort twenty serve      the same service by hand, in several terminals`,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newDemoCommand(), newTwentyCommand())
	return root
}
