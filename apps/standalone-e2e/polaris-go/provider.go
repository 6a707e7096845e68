package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/polarismesh/polaris-go"
)

var output sync.Mutex

// emit writes one answer or event as a line of its own; watches write from goroutines of theirs.
func emit(answer map[string]any) {
	output.Lock()
	defer output.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(answer)
}

// serve starts an HTTP server on a free port of the loopback that answers every request with its name and port.
func serve(asked command) (map[string]any, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	reply := func(out http.ResponseWriter, in *http.Request) {
		out.Header().Set("content-type", "application/json")
		_ = json.NewEncoder(out).Encode(map[string]any{"name": asked.Name, "port": port, "path": in.URL.Path})
	}
	go func() { _ = http.Serve(listener, http.HandlerFunc(reply)) }()
	return map[string]any{"port": port}, nil
}

// register without a TTL is a plain registration; with one the SDK sends heartbeats by itself.
func (s *sdk) register(asked command) (map[string]any, error) {
	request := &polaris.InstanceRegisterRequest{}
	request.Namespace, request.Service = asked.Namespace, asked.Service
	request.Host, request.Port = asked.Host, asked.Port
	request.Weight, request.Metadata, request.TTL = asked.Weight, asked.Metadata, asked.TTL
	call := s.provider.Register
	if asked.TTL != nil {
		call = s.provider.RegisterInstance
	}
	reply, err := call(request)
	if err != nil {
		return nil, err
	}
	return map[string]any{"instance": reply.InstanceID, "existed": reply.Existed}, nil
}

func (s *sdk) deregister(asked command) (map[string]any, error) {
	request := &polaris.InstanceDeRegisterRequest{}
	request.Namespace, request.Service = asked.Namespace, asked.Service
	request.Host, request.Port, request.InstanceID = asked.Host, asked.Port, asked.Instance
	return map[string]any{}, s.provider.Deregister(request)
}
