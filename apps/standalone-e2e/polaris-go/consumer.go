package main

import (
	"github.com/polarismesh/polaris-go"
	"github.com/polarismesh/polaris-go/pkg/model"
)

func describe(instance model.Instance) map[string]any {
	return map[string]any{
		"instance": instance.GetId(), "host": instance.GetHost(), "port": instance.GetPort(),
		"weight": instance.GetWeight(), "metadata": instance.GetMetadata(),
		"healthy": instance.IsHealthy(), "isolated": instance.IsIsolated(),
	}
}

func describeAll(instances []model.Instance) []map[string]any {
	described := make([]map[string]any, 0, len(instances))
	for _, instance := range instances {
		described = append(described, describe(instance))
	}
	return described
}

func (s *sdk) discover(asked command) (map[string]any, error) {
	instances, err := s.ask(asked)
	if err != nil {
		return nil, err
	}
	return map[string]any{"instances": describeAll(instances)}, nil
}

// ask distinguishes what an SDK user sees: all instances, those that routing left, or the one that balancing chose.
func (s *sdk) ask(asked command) ([]model.Instance, error) {
	switch asked.Do {
	case "getAll":
		request := &polaris.GetAllInstancesRequest{}
		request.Namespace, request.Service = asked.Namespace, asked.Service
		reply, err := s.consumer.GetAllInstances(request)
		if err != nil {
			return nil, err
		}
		return reply.Instances, nil
	case "getInstances":
		request := &polaris.GetInstancesRequest{}
		request.Namespace, request.Service = asked.Namespace, asked.Service
		request.SourceService, request.Arguments = sourceOf(asked), argumentsOf(asked)
		reply, err := s.consumer.GetInstances(request)
		if err != nil {
			return nil, err
		}
		return reply.Instances, nil
	default:
		request := &polaris.GetOneInstanceRequest{}
		request.Namespace, request.Service = asked.Namespace, asked.Service
		request.SourceService, request.Arguments = sourceOf(asked), argumentsOf(asked)
		reply, err := s.consumer.GetOneInstance(request)
		if err != nil {
			return nil, err
		}
		return []model.Instance{reply.GetInstance()}, nil
	}
}

func sourceOf(asked command) *model.ServiceInfo {
	if asked.Source == nil {
		return nil
	}
	return &model.ServiceInfo{
		Namespace: asked.Source.Namespace, Service: asked.Source.Service, Metadata: asked.Source.Metadata,
	}
}

func argumentsOf(asked command) []model.Argument {
	arguments := make([]model.Argument, 0, len(asked.Arguments))
	for _, each := range asked.Arguments {
		arguments = append(arguments, argumentOf(each))
	}
	return arguments
}

func argumentOf(asked argument) model.Argument {
	switch asked.Type {
	case "METHOD":
		return model.BuildMethodArgument(asked.Value)
	case "HEADER":
		return model.BuildHeaderArgument(asked.Key, asked.Value)
	case "QUERY":
		return model.BuildQueryArgument(asked.Key, asked.Value)
	case "CALLER_IP":
		return model.BuildCallerIPArgument(asked.Value)
	case "PATH":
		return model.BuildPathArgument(asked.Value)
	case "COOKIE":
		return model.BuildCookieArgument(asked.Key, asked.Value)
	}
	return model.BuildCustomArgument(asked.Key, asked.Value)
}

// watch prints every change of the service from now on.
func (s *sdk) watch(asked command) (map[string]any, error) {
	request := &polaris.WatchServiceRequest{}
	request.Key = model.ServiceKey{Namespace: asked.Namespace, Service: asked.Service}
	reply, err := s.consumer.WatchService(request)
	if err != nil {
		return nil, err
	}
	go func() {
		for event := range reply.EventChannel {
			if changed, ok := event.(*model.InstanceEvent); ok {
				report(changed)
			}
		}
	}()
	return map[string]any{"instances": describeAll(reply.GetAllInstancesResp.Instances)}, nil
}

func report(changed *model.InstanceEvent) {
	if changed.AddEvent != nil {
		emit(map[string]any{"event": "added", "instances": describeAll(changed.AddEvent.Instances)})
	}
	if changed.DeleteEvent != nil {
		emit(map[string]any{"event": "deleted", "instances": describeAll(changed.DeleteEvent.Instances)})
	}
	if changed.UpdateEvent != nil {
		after := make([]model.Instance, 0, len(changed.UpdateEvent.UpdateList))
		for _, update := range changed.UpdateEvent.UpdateList {
			after = append(after, update.After)
		}
		emit(map[string]any{"event": "updated", "instances": describeAll(after)})
	}
}
