// Command check reads docker-compose.yml and the Dockerfile as Docker itself does (with the parser of Compose and the one of
// BuildKit, and its linter) and prints what it understood as JSON. Anything that Docker would refuse is an error here.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stage is one FROM and what follows it.
type stage struct {
	Base     string   `json:"base"`
	Name     string   `json:"name"`
	Commands []string `json:"commands"`
}

type report struct {
	Compose    *types.Project `json:"compose"`
	Dockerfile []stage        `json:"dockerfile"`
	Warnings   []string       `json:"warnings"`
}

func readCompose(path string) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{path})
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

func readDockerfile(path string) ([]stage, []string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return nil, nil, err
	}
	warnings := []string{}
	for _, warning := range parsed.Warnings {
		warnings = append(warnings, warning.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		warnings = append(warnings, rule+": "+message)
	}})
	found, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		return nil, nil, err
	}
	stages := []stage{}
	for _, one := range found {
		commands := []string{}
		for _, command := range one.Commands {
			commands = append(commands, fmt.Sprint(command))
		}
		stages = append(stages, stage{Base: one.BaseName, Name: one.Name, Commands: commands})
	}
	return stages, warnings, nil
}

func run(composeFile, dockerfile string) (report, error) {
	compose, err := readCompose(composeFile)
	if err != nil {
		return report{}, fmt.Errorf("%s: %w", composeFile, err)
	}
	stages, warnings, err := readDockerfile(dockerfile)
	if err != nil {
		return report{}, fmt.Errorf("%s: %w", dockerfile, err)
	}
	return report{Compose: compose, Dockerfile: stages, Warnings: warnings}, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: check <docker-compose.yml> <Dockerfile>")
		os.Exit(2)
	}
	found, err := run(os.Args[1], os.Args[2])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
