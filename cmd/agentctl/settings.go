package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// settings resolves the values that may come from a flag, the environment or
// the config file, in this order of precedence. A flag's variable is where the
// resolved value ends up, so that it is checked by the flag's own rules
// whatever its source.
type settings struct {
	v    *viper.Viper
	path string    // --config
	all  []setting // in the order of registration
}

// setting is one value: the key names it in the config file.
type setting struct {
	key  string
	env  []string // the first that is set and not empty counts
	flag *pflag.Flag
	def  string // the default
}

// envPrefix begins the name of every environment variable of agentctl.
const envPrefix = "AGENTCTL_"

// newSettings registers the persistent flags of root, and --config itself,
// which no config file can set.
func newSettings(root *cobra.Command) *settings {
	s := &settings{v: viper.New()}
	s.register("", root.PersistentFlags(), nil)
	root.PersistentFlags().StringVar(&s.path, "config", "",
		"config file (default $XDG_CONFIG_HOME/agentctl/config.yaml, or under ~/.config) [$AGENTCTL_CONFIG]")
	return s
}

// register makes every flag of flags a setting. Its key is the flag's name
// after section and a dot, and its environment variable that key in capitals;
// alias names further environment variables by flag.
func (s *settings) register(section string, flags *pflag.FlagSet, alias map[string]string) {
	flags.VisitAll(func(f *pflag.Flag) {
		key := f.Name
		if section != "" {
			key = section + "." + f.Name
		}
		env := []string{envPrefix + strings.NewReplacer(".", "_", "-", "_").Replace(strings.ToUpper(key))}
		if a, ok := alias[f.Name]; ok {
			env = append(env, a)
		}
		def := f.DefValue
		if f.Name == "store" {
			def = defaultStore()
		}
		s.all = append(s.all, setting{key, env, f, def})
		f.Usage += " [$" + env[0] + "]"
	})
}

// load reads the config file and sets the flags of cmd that were not given.
func (s *settings) load(cmd *cobra.Command) error {
	if err := s.readFile(); err != nil {
		return err
	}
	flags := cmd.Flags()
	for _, e := range s.all {
		if flags.Lookup(e.flag.Name) != e.flag {
			continue // of another command
		}
		value, source := s.resolve(e)
		if source.kind == fromFlag || source.kind == fromDefault {
			continue
		}
		if err := e.flag.Value.Set(value); err != nil {
			return usagef("%s: %s %s: %w", source, e.key, value, err)
		}
	}
	return nil
}

// readFile reads the config file into s.v. A missing file is an error only if
// it was asked for.
func (s *settings) readFile() error {
	asked := true
	if s.path == "" {
		s.path = os.Getenv(envPrefix + "CONFIG")
	}
	if s.path == "" {
		s.path, asked = defaultConfig(), false
	}
	s.v.SetConfigFile(s.path)
	s.v.SetConfigType("yaml")
	err := s.v.ReadInConfig()
	if errors.Is(err, fs.ErrNotExist) {
		if asked {
			return usagef("config file %s: no such file", s.path)
		}
		return nil
	}
	if err != nil {
		return usagef("config file %s: %w", s.path, err)
	}
	known := make([]string, len(s.all))
	for i, e := range s.all {
		known[i] = e.key
	}
	for _, key := range sorted(s.v.AllKeys()) {
		if !slices.Contains(known, key) {
			return usagef("config file %s: unknown key %s; 'agentctl config' lists the known ones", s.path, key)
		}
	}
	return nil
}

// The kinds of sources of a value.
const (
	fromFlag    = "flag"
	fromEnv     = "env"
	fromFile    = "file"
	fromDefault = "default"
)

// source is where a value came from.
type source struct {
	kind string
	name string // of the flag, the variable or the file
}

func (s source) String() string { return strings.TrimSpace(s.kind + " " + s.name) }

// resolve finds the value of e and its source. The value is as a flag reads it.
func (s *settings) resolve(e setting) (string, source) {
	if e.flag.Changed {
		return e.flag.Value.String(), source{fromFlag, "--" + e.flag.Name}
	}
	for _, name := range e.env {
		if value := os.Getenv(name); value != "" {
			return value, source{fromEnv, name}
		}
	}
	if s.v.InConfig(e.key) {
		value := s.v.GetString(e.key)
		if list, ok := s.v.Get(e.key).([]any); ok {
			value = joinAny(list)
		}
		return value, source{fromFile, s.path}
	}
	return e.def, source{fromDefault, ""}
}

func joinAny(list []any) string {
	words := make([]string, len(list))
	for i, x := range list {
		words[i] = fmt.Sprint(x)
	}
	return strings.Join(words, ",")
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

// defaultConfig and defaultStore follow the XDG base directories on every
// system. A relative path in an XDG variable is ignored, as its standard says.
func defaultConfig() string {
	return filepath.Join(xdg("XDG_CONFIG_HOME", ".config"), "agentctl", "config.yaml")
}

func defaultStore() string {
	return filepath.Join(xdg("XDG_DATA_HOME", filepath.Join(".local", "share")), "agentctl")
}

func xdg(name, underHome string) string {
	if dir := os.Getenv(name); filepath.IsAbs(dir) {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "." // no home: relative to the working folder
	}
	return filepath.Join(home, underHome)
}
