# frozen_string_literal: true

# Records the Ruby program that it is loaded into: `ruby -r FILE program.rb`. The program sees no trace of it in ENV, ARGV or $0.
# What to do stands in the environment: HEATLINE_RUBY_PID (only that process; after exec it is still the same), _MODE (stackprof's
# wall, cpu or object; or tool), _INTERVAL (microseconds; for object, allocations), _DURATION (seconds), _OUTPUT (JSON of stackprof's,
# or what the tool writes), _TOOL (command line, a word a line, that joins process {pid}), and _STATUS, a file for the program's own
# status where a terminal hides it.
module HeatlineRecorder
  NAMES = %w[MODE INTERVAL DURATION OUTPUT TOOL STATUS].freeze
  PREFIX = 'HEATLINE_RUBY_'

  class << self
    def begin
      @config = NAMES.to_h { |name| [name, ENV.delete(PREFIX + name)] }
      restore_options
      wanted = ENV.delete("#{PREFIX}PID")
      return unless wanted.nil? || wanted.to_i == Process.pid

      @pid = Process.pid
      start
      # Loaded first, it is called last: what the program does at its exit is recorded too.
      at_exit { finish(status_of($!)) }
      Object.prepend(Endings)
      [Kernel, Process].each { |place| place.singleton_class.prepend(PublicEndings) }
    end

    # Writes what was recorded; once, and never in a forked child.
    def finish(status)
      return unless @pid == Process.pid

      @pid = nil
      undisturbed do
        write(@config['STATUS'], %({"exitStatus": #{status}}\n)) if @config['STATUS'] && status
        @recording&.finish
      end
    rescue StandardError, LoadError => e
      warn "heatline: the recording could not be written: #{e.message}"
    end

    # The program becomes another one: writes, and lets that one, if it is Ruby, record in our place.
    def hand_over
      return unless @pid == Process.pid

      pid = @pid
      finish(nil)
      @config.each { |name, value| ENV[PREFIX + name] = value }
      ENV["#{PREFIX}PID"] = pid.to_s
      %w[RUBYOPT RUBYLIB].each { |name| ENV["#{PREFIX}WAS_#{name}"] = ENV.fetch(name, '') }
      ENV['RUBYLIB'] = [__dir__, ENV.fetch('RUBYLIB', nil)].compact.join(File::PATH_SEPARATOR)
      ENV['RUBYOPT'] = ['-rheatline_recorder', ENV.fetch('RUBYOPT', nil)].compact.join(' ')
    end

    # There was no such program: this one goes on, and what was written stays.
    def take_back
      ENV.delete("#{PREFIX}PID")
      restore_options
      NAMES.each { |name| ENV.delete(PREFIX + name) }
      @recording = nil
      @pid = Process.pid
    end

    private

    def start
      @recording = @config['MODE'] == 'tool' ? Joined.new(@config) : Inside.new(@config)
    rescue StandardError, LoadError => e
      # The program runs all the same.
      warn "heatline: nothing is recorded: #{e.message}"
    end

    # Who is impatient sends a second signal; the file is to be whole all the same.
    def undisturbed
      signals = %w[INT TERM HUP] & Signal.list.keys
      before = signals.to_h { |signal| [signal, trap(signal, 'IGNORE')] }
      yield
    ensure
      before&.each { |signal, handler| trap(signal, handler || 'DEFAULT') }
    end

    def restore_options
      %w[RUBYOPT RUBYLIB].each do |name|
        was = ENV.delete("#{PREFIX}WAS_#{name}")
        ENV[name] = was.empty? ? nil : was if was
      end
    end

    def status_of(error)
      case error
      when nil then 0
      when SystemExit then error.status
      when SignalException then -error.signo
      else 1
      end
    end
  end

  # As a whole or not at all.
  def self.write(path, text)
    part = "#{path}.tmp-#{Process.pid}"
    File.write(part, text)
    File.rename(part, path)
  end

  # stackprof, in the program itself.
  class Inside
    def initialize(config)
      require 'stackprof'
      @output = config['OUTPUT']
      @folder = Dir.pwd
      StackProf.start(mode: config['MODE'].to_sym, interval: config['INTERVAL'].to_i, raw: true)
      return unless config['DURATION']

      Thread.new do
        sleep(config['DURATION'].to_f)
        StackProf.stop
      end
    end

    def finish
      StackProf.stop
      require 'json'
      HeatlineRecorder.write(@output, JSON.generate(located(StackProf.results)))
    end

    private

    # Files as absolute paths, also that of the program itself.
    def located(results)
      results[:frames]&.each_value do |frame|
        file = File.expand_path(frame[:file].to_s, @folder)
        frame[:file] = file if File.file?(file)
      end
      results
    end
  end

  # A sampler that reads this process from outside: no child of the program's, which may wait for all of its own.
  class Joined
    PATIENCE = 10 # seconds

    def initialize(config)
      words = config['TOOL'].split("\n").map { |word| word.gsub('{pid}', Process.pid.to_s) }
      allow(-1)
      @ended, open = IO.pipe
      number, told = IO.pipe
      between = fork { exit!(start_tool(words, open, told)) }
      [open, told].each(&:close)
      Process.wait(between)
      @tool = number.read.to_i
      number.close
      allow(@tool)
      # Its file is there once it has found its way in.
      until File.exist?(config['OUTPUT']) || over?(0.02)
      end
    end

    def finish
      return if @tool.zero? || @ended.closed?

      Process.kill(:INT, @tool) unless over?(0)
      Process.kill(:KILL, @tool) unless over?(PATIENCE)
    rescue Errno::ESRCH
      # It has ended already.
    ensure
      @ended.close
    end

    private

    def start_tool(words, open, told)
      Process.setsid
      quiet = { in: File::NULL, out: File::NULL, err: File::NULL, open => open }
      told.write(spawn(*words, quiet))
      true
    end

    # Its end closes the pipe.
    def over?(seconds)
      !IO.select([@ended], nil, nil, seconds).nil?
    end

    # Yama's ptrace_scope 1 lets only a parent look into a program, or whom it names by PR_SET_PTRACER; -1 is anybody.
    def allow(process)
      number = { 'x86_64' => 157, 'aarch64' => 167 }[RUBY_PLATFORM[/\A[^-]+/]]
      syscall(number, 0x59616d61, process, 0, 0, 0) if number && RUBY_PLATFORM.include?('linux')
    rescue SystemCallError, NotImplementedError
      # A kernel without Yama does not know it.
    end
  end

  # Ways to end that call no exit handlers.
  module PublicEndings
    def exit!(status = false)
      number = status == true ? 0 : status || 1
      HeatlineRecorder.finish(number)
      super
    end

    def exec(*)
      HeatlineRecorder.hand_over
      super
    rescue SystemCallError
      HeatlineRecorder.take_back
      raise
    end
  end

  # The same, as every object has them.
  module Endings
    include PublicEndings
    private :exit!, :exec
  end
end

HeatlineRecorder.begin
