// Command polaris-go drives the published polaris-go SDK for the end-to-end tests: one JSON command per line on standard
// input, one JSON answer per line on standard output. An answer carries the id of its command; what a watch reports comes as
// lines with the field "event". The program ends with its standard input, so no test can leave one behind.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/polarismesh/polaris-go"
	"github.com/polarismesh/polaris-go/api"
)

// command is everything a test may ask; Do says which, the other fields are what that one needs.
type command struct {
	ID        int               `json:"id"`
	Do        string            `json:"do"`
	Namespace string            `json:"namespace"`
	Service   string            `json:"service"`
	Host      string            `json:"host"`
	Port      int               `json:"port"`
	Weight    *int              `json:"weight"`
	Metadata  map[string]string `json:"metadata"`
	TTL       *int              `json:"ttl"`
	Instance  string            `json:"instance"`
	Name      string            `json:"name"`
	Source    *caller           `json:"source"`
	Arguments []argument        `json:"arguments"`
}

// caller is the service in whose name a consumer asks, with its labels.
type caller struct {
	Namespace string            `json:"namespace"`
	Service   string            `json:"service"`
	Metadata  map[string]string `json:"metadata"`
}

// argument is something of the request that rules look at: a HEADER, a QUERY parameter, the PATH and so on.
type argument struct {
	Type  string `json:"type"`
	Key   string `json:"key"`
	Value string `json:"value"`
}

// sdk holds the two halves of the SDK, which share one connection.
type sdk struct {
	provider polaris.ProviderAPI
	consumer polaris.ConsumerAPI
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: polaris-go <host:port of the server> <folder for its logs and cache>")
		os.Exit(2)
	}
	client, err := connect(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	emit(map[string]any{"ready": true})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked command
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			emit(map[string]any{"error": err.Error()})
			continue
		}
		answer, err := client.run(asked)
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		answer["id"] = asked.ID
		emit(answer)
	}
}

func connect(address, folder string) (*sdk, error) {
	if err := api.SetLoggersDir(folder); err != nil {
		return nil, err
	}
	context, err := polaris.NewSDKContextByConfig(configuration(address, folder))
	if err != nil {
		return nil, err
	}
	return &sdk{polaris.NewProviderAPIByContext(context), polaris.NewConsumerAPIByContext(context)}, nil
}

func (s *sdk) run(asked command) (map[string]any, error) {
	switch asked.Do {
	case "serve":
		return serve(asked)
	case "register":
		return s.register(asked)
	case "deregister":
		return s.deregister(asked)
	case "getAll", "getInstances", "getOne":
		return s.discover(asked)
	case "watch":
		return s.watch(asked)
	}
	return nil, fmt.Errorf("unknown command %q", asked.Do)
}
