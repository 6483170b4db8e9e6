package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// newWorkerCommand is for a process that another of these starts, to be one of many.
func newWorkerCommand(what string, work func(in io.Reader, out io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  what + ": do what the standard input says, until it ends",
		Args:   noArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signal.Ignore(os.Interrupt, syscall.SIGTERM) // the parent has them too, and ends this process
			return work(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
