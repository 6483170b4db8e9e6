package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/twenty"
)

func newPlayCommand() *cobra.Command {
	var seeds []string
	cmd := &cobra.Command{
		Use:   "play",
		Short: "guess a secret category with at most 20 questions",
		Long: `Play against a running service. A category of its table is drawn in secret; you ask up
to 20 questions, which the members of the service answer, and then guess. Members may be
killed meanwhile: the game goes on.`,
		Example: `  cohort twenty play
  cohort twenty play --seeds 127.0.0.1:7500`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withService(cmd, seeds, func(ctx context.Context, c *client) error {
				return play(ctx, c, cmd.InOrStdin(), cmd.OutOrStdout())
			})
		},
	}
	addSeeds(cmd, &seeds)
	return cmd
}

// player is a game on a terminal.
type player struct {
	*twenty.Game
	c     *client
	table *twenty.Table // as it was at the beginning, for hints
	out   io.Writer
}

func play(ctx context.Context, c *client, in io.Reader, out io.Writer) error {
	table, err := c.Table(ctx)
	if err != nil {
		return err
	}
	game, err := twenty.NewGame(table, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())))
	if err != nil {
		return err
	}
	p := &player{Game: game, c: c, table: table, out: out}
	fmt.Fprintf(out, "I think of one of %d: %s.\n", len(game.Categories()), strings.Join(game.Categories(), ", "))
	fmt.Fprintf(out, "Ask up to %d questions like these; I answer yes, no or sometimes.\n", twenty.MaxQuestions)
	p.hints()
	fmt.Fprintln(out, "Type guess NAME when you know, hint for a good question, quit to stop.")
	for lines := readLines(in); !p.Over(); {
		fmt.Fprintf(out, "%d left> ", p.Left())
		select {
		case line, ok := <-lines:
			if !ok || line == "quit" {
				fmt.Fprintln(out, "bye")
				return nil
			}
			if err := p.turn(ctx, line); err != nil {
				return err
			}
		case <-ctx.Done():
			fmt.Fprintln(out)
			return ctx.Err()
		}
	}
	return nil
}

// readLines reads in the background, so that waiting for a person can be
// interrupted.
func readLines(in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- strings.TrimSpace(s.Text())
		}
	}()
	return lines
}

// hints shows what may be asked about.
func (p *player) hints() {
	for _, h := range p.Hints(p.table) {
		if h.Kind == twenty.KindNumber {
			fmt.Fprintf(p.out, "  %s > %v   (%v to %v)\n", h.Column, h.Low, h.Low, h.High)
			continue
		}
		examples := make([]string, len(h.Examples))
		for i, v := range h.Examples {
			examples[i] = v.String()
		}
		fmt.Fprintf(p.out, "  %s = …   (%s)\n", h.Column, strings.Join(examples, ", "))
	}
}

// turn does what one line says. An error ends the game; the player's mistakes
// do not.
func (p *player) turn(ctx context.Context, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "":
	case verb == "guess":
		right, err := p.Guess(rest)
		switch {
		case err != nil:
			p.mistake(err)
		case right:
			fmt.Fprintf(p.out, "Right, it is %s! You %v.\n", p.Secret(), p.Game)
		default:
			fmt.Fprintf(p.out, "No, it was %s. You %v.\n", p.Secret(), p.Game)
		}
	case line == "hint":
		fmt.Fprintf(p.out, "  possible: %s\n", strings.Join(p.Candidates(p.table), ", "))
		if q, ok := p.Suggest(p.table); ok {
			fmt.Fprintf(p.out, "  you could ask: %v\n", q)
		}
	default:
		return p.question(ctx, line)
	}
	return nil
}

func (p *player) question(ctx context.Context, text string) error {
	q, err := p.Question(text)
	if err != nil {
		p.mistake(err)
		return nil
	}
	a, err := p.c.Ask(ctx, q)
	if err != nil {
		return err
	}
	replies := make([]twenty.Reply, len(a.Parts))
	for i, part := range a.Parts {
		replies[i] = part.Reply
	}
	said, err := p.Ask(q, replies)
	if err != nil {
		return err
	}
	who := make([]string, len(a.Parts))
	for i, part := range a.Parts {
		who[i] = part.From.String()
	}
	fmt.Fprintf(p.out, "  %v   (answered by %s)\n", said, strings.Join(who, ", "))
	return nil
}

func (p *player) mistake(err error) {
	fmt.Fprintf(p.out, "  %s\n", plain(err))
}
