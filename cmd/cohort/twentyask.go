package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/twenty"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

func newAskCommand() *cobra.Command {
	var seeds []string
	cmd := &cobra.Command{
		Use:   "ask QUERY...",
		Short: "ask the service questions",
		Long: `Ask the service one question after the other. A question names a column, an operator
(= != < <= > >=) and a value; the answer is yes if all rows match, no if none does, else
sometimes. With a * before it all acting members answer, each for its rows. A category in
brackets asks about its objects only.`,
		Example: `  cohort twenty ask 'mpg > 30'
  cohort twenty ask '*year < 1975' '[toyota] origin = Japan'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("what is the question?")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withService(cmd, seeds, func(ctx context.Context, c *client) error {
				return ask(ctx, c, cmd.OutOrStdout(), args)
			})
		},
	}
	addSeeds(cmd, &seeds)
	return cmd
}

func ask(ctx context.Context, c *client, out io.Writer, texts []string) error {
	table, err := c.Table(ctx)
	if err != nil {
		return err
	}
	queries := make([]twenty.Query, len(texts))
	for i, text := range texts {
		if queries[i], err = twenty.ParseQuery(table.Schema(), text); err != nil {
			return usagef("%s", plain(err))
		}
	}
	for _, q := range queries {
		a, err := c.Ask(ctx, q)
		if err != nil {
			return fmt.Errorf("%v: %w", q, err)
		}
		fmt.Fprintf(out, "%v  %v\n", q, a.Reply)
		for _, p := range a.Parts {
			fmt.Fprintf(out, "  member %d of %d, %v: %v\n", p.Member, p.Of, p.From, p.Answer())
		}
	}
	return nil
}

func newUpdateCommand() *cobra.Command {
	var seeds []string
	cmd := &cobra.Command{
		Use:   "update add COLUMN=VALUE... | set ROW COLUMN=VALUE... | delete ROW",
		Short: "change the service's table",
		Long: `Change the service's table at all members at once. 'cohort twenty table' lists the rows
with their numbers. A column without a value is null, and so is one that add does not name.`,
		Example: `  cohort twenty update add maker=bmw name='bmw 507' year=1957
  cohort twenty update set 12 mpg=31.5 color=
  cohort twenty update delete 12`,
		Args: updateArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withService(cmd, seeds, func(ctx context.Context, c *client) error {
				return update(ctx, c, cmd.OutOrStdout(), args)
			})
		},
	}
	addSeeds(cmd, &seeds)
	return cmd
}

// updateArgs checks what can be checked without the table.
func updateArgs(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("say what to do: add, set or delete")
	}
	rest := args[1:]
	switch args[0] {
	case "add":
	case "set", "delete":
		if len(rest) == 0 {
			return usagef("%s needs the number of a row", args[0])
		}
		if _, err := strconv.ParseUint(rest[0], 10, 62); err != nil {
			return usagef("%q is no number of a row", rest[0])
		}
		rest = rest[1:]
	default:
		return usagef("cannot %q: only add, set or delete", args[0])
	}
	switch {
	case args[0] == "delete" && len(rest) > 0:
		return usagef("delete takes one row, and nothing like %q", rest[0])
	case args[0] != "delete" && len(rest) == 0:
		return usagef("%s needs at least one COLUMN=VALUE", args[0])
	}
	for _, a := range rest {
		if !strings.Contains(a, "=") {
			return usagef("%q is not COLUMN=VALUE", a)
		}
	}
	return nil
}

func update(ctx context.Context, c *client, out io.Writer, args []string) error {
	table, err := c.Table(ctx)
	if err != nil {
		return err
	}
	u, err := parseUpdate(table.Schema(), args)
	if err != nil {
		return usagef("%s", plain(err))
	}
	version, err := c.Update(ctx, u)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "done; the table is at version %d\n", version)
	return nil
}

// parseUpdate reads arguments that updateArgs has let pass.
func parseUpdate(s *twenty.Schema, args []string) (twenty.Update, error) {
	verb, rest := args[0], args[1:]
	var row twenty.RowID
	if verb != "add" {
		n, _ := strconv.ParseUint(rest[0], 10, 62)
		row, rest = twenty.RowID(n), rest[1:]
	}
	var cells []twenty.Cell
	for _, a := range rest {
		name, text, _ := strings.Cut(a, "=")
		i := s.Index(name)
		if i < 0 {
			return twenty.Update{}, &twenty.ColumnError{Name: name, Known: s.Names()}
		}
		v, err := parseValue(s, i, text)
		if err != nil {
			return twenty.Update{}, err
		}
		cells = append(cells, twenty.Cell{Column: i, Value: v})
	}
	switch verb {
	case "set":
		return twenty.SetCells(row, cells...), nil
	case "delete":
		return twenty.DeleteRow(row), nil
	}
	values := make([]twenty.Value, s.Len())
	for _, c := range cells {
		values[c.Column] = c.Value
	}
	return twenty.AddRow(values...), nil
}

// parseValue reads a cell of column i; nothing is null.
func parseValue(s *twenty.Schema, i int, text string) (twenty.Value, error) {
	c := s.Column(i)
	switch {
	case text == "":
		return twenty.Value{}, nil
	case c.Kind == twenty.KindString:
		v := twenty.String(text)
		return v, s.Accepts(i, v)
	}
	v, ok := twenty.ParseNumber(text)
	if !ok {
		return twenty.Value{}, &twenty.ValueError{Column: c.Name, Want: c.Kind, Got: strconv.Quote(text)}
	}
	return v, nil
}

func newTableCommand() *cobra.Command {
	var seeds []string
	cmd := &cobra.Command{
		Use:     "table",
		Short:   "print the service's table",
		Long:    `Print the service's table, tab-separated, each row with its number.`,
		Example: `  cohort twenty table | head`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withService(cmd, seeds, func(ctx context.Context, c *client) error {
				return printTable(ctx, c.Client, cmd.OutOrStdout())
			})
		},
	}
	addSeeds(cmd, &seeds)
	return cmd
}

func printTable(ctx context.Context, c *service.Client, out io.Writer) error {
	table, err := c.Table(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "row\t%s\n", strings.Join(table.Schema().Names(), "\t"))
	for id, row := range table.Rows() {
		fmt.Fprint(out, id)
		for _, v := range row {
			if v.IsNull() {
				fmt.Fprint(out, "\t")
				continue
			}
			fmt.Fprintf(out, "\t%v", v)
		}
		fmt.Fprintln(out)
	}
	return nil
}
