package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

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
	text := err.Error()
	for _, prefix := range []string{"trace: ", "spacetime: ", "sim: ", "twenty: ", "node: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// polish makes all errors of the command line usage errors, told in one line.
func polish(root *cobra.Command) {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usagef("%s", flagText(err)) })
	root.SetHelpCommand(newHelpCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			needCommand(cmd)
		}
	}
}

// flagText is what is wrong with a flag, without the name of a Go function.
func flagText(err error) string {
	if number, ok := errors.AsType[*strconv.NumError](err); ok {
		return strings.Replace(err.Error(), number.Error(), "give a number", 1)
	}
	return err.Error()
}

// needCommand makes a command that has only others below it, and those that take
// no arguments.
func needCommand(cmd *cobra.Command) {
	cmd.Args = command
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	for _, sub := range cmd.Commands() {
		sub.Args = noArgs
	}
}

// command refuses the names of commands that there are not. It is for commands
// that have only others below them.
func command(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	advice := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		advice = ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("no command %q%s", args[0], advice)
}

// noArgs is for commands that take flags only.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("takes flags only, and %q is none", args[0])
	}
	return nil
}

// files is for commands that read traces.
func files(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("name the files of a run's trace")
	}
	for i, a := range args {
		if slices.ContainsFunc(args[:i], func(b string) bool { return sameFile(a, b) }) {
			return usagef("%s is named twice", a)
		}
	}
	return nil
}

// newHelpCommand is cobra's, but for unknown commands, which are errors.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "tell about a command",
		Args:  func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || about == nil {
				return usagef("no command %q", strings.Join(args, " "))
			}
			if len(rest) > 0 {
				return command(about, rest)
			}
			return about.Help()
		},
	}
}
