using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>Starts a program to which every sync seems to succeed, and none is done.</summary>
/// <remarks>
/// The kernel itself answers in its place (seccomp, errno 0), so that it does not matter how the program finds its C
/// library's functions. A harness that sees no loss with this sees none ever.
/// </remarks>
internal static class NoSync
{
    /// <summary>Compiles the starter; gives its path.</summary>
    public static async Task<string> CompileAsync(string folder)
    {
        var (source, program) = (Path.Combine(folder, "nosync.c"), Path.Combine(folder, "nosync"));
        await File.WriteAllTextAsync(source, Source, TestContext.Current.CancellationToken);
        var said = await Shell.RunAsync("gcc", ["-O1", "-o", program, source]);
        Assert.True(said.ExitCode == 0, $"gcc: {said}");
        return program;
    }

    private const string Source = """
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>

        #define SKIP(name, next) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, next, 0)

        int main(int count, char **words)
        {
            struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                SKIP(fsync, 5), SKIP(fdatasync, 4), SKIP(sync_file_range, 3), SKIP(msync, 2), SKIP(syncfs, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
            };
            struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
            if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program)) {
                perror("seccomp");
                return 1;
            }
            execvp(words[1], words + 1);
            perror(words[1]);
            return 1;
        }
        """;
}
