using Postroom.Cli;
using Postroom.Host;

if (args is [] or ["run", ..])
    RuntimeTuning.Apply();
return await CommandLine.RunAsync(args, Screen.Standard());
