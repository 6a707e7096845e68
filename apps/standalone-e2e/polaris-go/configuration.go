package main

import (
	"path/filepath"

	"github.com/polarismesh/polaris-go/pkg/config"
)

// configuration of an SDK that leaves nothing outside folder and opens no port of its own: its metrics listener would
// clash between two clients on one machine. A cache on disk would answer from an earlier run, so it is not read at start.
func configuration(address, folder string) config.Configuration {
	settings := config.NewDefaultConfiguration([]string{address})
	settings.GetGlobal().GetStatReporter().SetEnable(false)
	cache := settings.GetConsumer().GetLocalCache()
	cache.SetPersistDir(filepath.Join(folder, "cache"))
	cache.SetStartUseFileCache(false)
	settings.GetConfigFile().GetLocalCache().SetPersistDir(filepath.Join(folder, "config"))
	return settings
}
