import org.apache.catalina.startup.Catalina;

/** Tomcat as its own scripts start it: from the server.xml in the folder that catalina.base names. */
public class StartTomcat {
    public static void main(String[] args) {
        Catalina tomcat = new Catalina();
        tomcat.setAwait(true);
        tomcat.start();
    }
}
