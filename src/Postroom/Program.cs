using Postroom.Cli;

return await CommandLine.RunAsync(args, Screen.Standard());
